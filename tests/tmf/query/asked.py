"""Queries at random, in both forms, as a client would send them."""

from urllib.parse import quote

from hypothesis import strategies as st

from tests.tmf.query.stored import DAYS, MOMENTS, NAMES, NUMBERS, STATUSES, WORDS

TEXTS = sorted({*WORDS, *NUMBERS, *MOMENTS, *DAYS, "acme", "customer", "Rated"})
VALUES: dict[str, list[str]] = {
    "id": ["nobody"],
    "@type": ["Usage", "usage"],
    "status": [*STATUSES, "RATED", "Rerate", "nonsense"],
    "usageDate": MOMENTS[:5] + DAYS[:2],
    "date": MOMENTS[:5] + DAYS[:2],
    "usageType": TEXTS,
    "description": TEXTS,
    "usageSpecification.id": ["s1", "s2", "x"],
    "relatedParty.id": ["acme", "b", "it's", "x"],
    "relatedParty.role": ["CUSTOMER", "é", "É", "x"],
    "relatedParty.name": TEXTS,
    "ratedProductUsage.productRef.id": ["p1", "p2"],
    "ratedProductUsage.taxRate": ["0", "19", "19.0", "5"],
    "ratedProductUsage.ratingDate": MOMENTS[:5] + DAYS[:2],
    "ratedProductUsage.taxIncludedAmount.value": ["1", "12.00", "3"],
    "usageCharacteristic.name": NAMES,
    "usageCharacteristic.value": TEXTS,
    "usageCharacteristic.value.a": TEXTS,
    "usageCharacteristic.vendor": TEXTS,
    "roaming.a": TEXTS,
    "roaming.b": TEXTS,
}
# What the attributes are, where it is not plain text or anything: for the naive reading.
KINDS = {
    **dict.fromkeys(
        ["id", "@type", "usageType", "description", "usageSpecification.id", "usageCharacteristic.name"], "text"
    ),
    **dict.fromkeys(["relatedParty.id", "relatedParty.name", "ratedProductUsage.productRef.id"], "text"),
    "status": "choice",
    "relatedParty.role": "folded",
    "usageDate": "moment",
    "ratedProductUsage.ratingDate": "moment",
    "ratedProductUsage.taxRate": "number",
    "ratedProductUsage.taxIncludedRatingAmount.value": "number",
    "ratedProductUsage.isBilled": "flag",
}
OLDER = {
    "date": "usageDate",
    "characteristics": "usageCharacteristic",
    "ratedProductUsage.taxIncludedAmount": "taxIncludedRatingAmount",
}
FLAGS = "ratedProductUsage.isBilled"
OPERATORS = ["", ".eq", ".ne", ".gt", ".gte", ".lt", ".lte"]
SIGNS = ["==", "!=", "<", "<=", ">", ">="]


@st.composite
def terms(draw) -> str:
    """One attribute filter."""
    if draw(st.integers(0, 9)) == 0:
        return f"{FLAGS}{draw(st.sampled_from(['', '.ne']))}={draw(st.sampled_from(['true', 'false']))}"
    name = draw(st.sampled_from(list(VALUES)))
    values = draw(st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2))
    return f"{name}{draw(st.sampled_from(OPERATORS))}={','.join(quote(value) for value in values)}"


literals = st.one_of(
    st.sampled_from(TEXTS).map(lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"),
    st.sampled_from(NUMBERS),
    st.sampled_from(["true", "false", "null"]),
)
ordered = st.one_of(literals).filter(lambda text: text not in {"true", "false", "null"})
open_paths = st.sampled_from(
    ["@.value", "@.value.a", "@.value.*", "@.value[0]", "@.value[-1:]", "@.vendor", "@.value[*]"]
)
sides = st.sampled_from(["@.value.a", "@.value.b", "@.value", "@.vendor"])
functions = st.sampled_from(["length(@.value)", "@.value.length()", "min(@.value)", "max(@.value[*])", "avg(@.value)"])


@st.composite
def comparisons(draw) -> str:
    """A condition on a characteristic."""
    kind = draw(st.integers(0, 6))
    if kind == 0:
        return f"@.name=='{draw(st.sampled_from(['duration', 'number']))}'"
    if kind == 1:
        return draw(open_paths)
    if kind == 2:
        return f"{draw(functions)} {draw(st.sampled_from(SIGNS))} {draw(st.sampled_from(NUMBERS))}"
    if kind == 3:
        return f"{draw(sides)} {draw(st.sampled_from(SIGNS))} {draw(sides)}"
    if kind == 4:
        return f"@.value[?(@ {draw(st.sampled_from(SIGNS))} {draw(ordered)})]"
    if kind == 5:
        return f"{draw(open_paths)} {draw(st.sampled_from(['==', '!=']))} {draw(literals)}"
    return f"{draw(open_paths)} {draw(st.sampled_from(SIGNS))} {draw(ordered)}"


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Conditions under and, or, not."""
    return st.one_of(
        st.builds(lambda one, word, other: f"({one} {word} {other})", parts, st.sampled_from(["&&", "||"]), parts),
        parts.map(lambda part: f"!({part})"),
    )


conditions = st.recursive(comparisons(), joined, max_leaves=3)
places = st.sampled_from(["usageCharacteristic", "$.characteristics", "$[*].usageCharacteristic[*]"])
columns = st.sampled_from(
    [
        "$[?(@.status=='rated')]",
        "$[?(@.usageDate>='2026-01-31T12:00:00Z' && !@.description)]",
        "[?(@.relatedParty[?(@.id=='acme' && @.role=='CUSTOMER')])]",
        "relatedParty[?(@.id!='acme')]",
        "$[?(@.usageSpecification.id=='s1' || @.description==@.usageType)]",
        "$[?(@.ratedProductUsage[?(@.productRef.id=='p1' && @.isBilled==true)])]",
        "$[?(length(@.relatedParty)>1)]",
        "$[?(@.roaming==60)]",
        "roaming[?(@.a)]",
        "$[?(@.description==null)]",
        "usageCharacteristic[?(min(@.value)<1)]",
        "usageCharacteristic[?(max(@.value)>=60)]",
        "usageCharacteristic[?(@.value=='a' || @.value==60)]",
        "usageCharacteristic[?((@.name=='duration' && @.value>1) || @.name=='number')]",
    ]
)
filters = st.one_of(
    st.builds(lambda place, condition: f"{place}[?({condition})]", places, conditions),
    st.builds(
        lambda place, condition, other: f"{place}[?({condition})][?({other})].value", places, conditions, conditions
    ),
    conditions.map(lambda condition: f"$[?(@.usageCharacteristic[?({condition})] && @.status!='rated')]"),
    columns,
)
named = st.builds(
    lambda condition, term: f"usageCharacteristic[?({condition})].{term}",
    comparisons(),
    st.sampled_from(["name=duration", "value.gt=1", "value=60", "vendor.ne=a"]),
)
pieces = st.one_of(
    terms(), terms(), filters.map(lambda each: f"filter={quote(each)}"), filters.map("filter={}".format), named
)
groups = st.lists(pieces, min_size=1, max_size=2).map("&".join)
queries = st.lists(groups, min_size=1, max_size=2).map(";".join)
