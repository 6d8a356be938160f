"""Buckets and queries for them at random: what is computed of a balance is asked for like the rest."""

from decimal import Decimal
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from consumption.models import Bucket

MOMENTS = ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.500000Z", "2999-02-01T00:00:00Z"]
ENDS = [MOMENTS[0], *["2999-02-01T00:00:00Z", "2999-03-01T00:00:00Z"] * 3]
AMOUNTS = ["5", "0", "1.5", "60", "90", "1", "0.001"]
UNITS = ["GB", "MB", "EUR", "minutes", "points", ""]
VALUES: dict[str, list[str]] = {
    "status": ["active", "Active", "expired"],
    "usageType": ["data", "voice", ""],
    "name": ["a", "B", ""],
    "relatedParty.id": ["acme", "b"],
    "partyAccount.id": ["account", "x"],
    "isUnlimited": ["true", "false"],
    "remainingValue.amount": AMOUNTS,
    "remainingValue.units": [*UNITS, "seconds"],
    "remainingValueName": ["5 GB", "1.50 EUR", "Unlimited", "90 seconds", "60 points"],
    "reservedValue.amount": AMOUNTS,
    "reservedValue.units": UNITS,
    "validFor.startDateTime": [*MOMENTS, "2026-01-31"],
    "validFor.endDateTime": [*ENDS[:3], "2999-02-01"],
}
KINDS = {
    **dict.fromkeys(["usageType", "name", "relatedParty.id", "partyAccount.id", "remainingValueName"], "text"),
    **dict.fromkeys(["remainingValue.units", "reservedValue.units"], "text"),
    **dict.fromkeys(["remainingValue.amount", "reservedValue.amount"], "number"),
    **dict.fromkeys(["validFor.startDateTime", "validFor.endDateTime"], "moment"),
    "isUnlimited": "flag",
    "status": "choice",
}
ORDERED = [name for name in VALUES if name not in {"isUnlimited"}]

quantities = st.fixed_dictionaries({"amount": st.sampled_from(AMOUNTS).map(Decimal), "units": st.sampled_from(UNITS)})
buckets = st.fixed_dictionaries(
    {},
    optional={
        "usageType": st.sampled_from(["data", "voice"]),
        "name": st.sampled_from(["a", "B", ""]),
        "isUnlimited": st.sampled_from([True, False, False]),
        "remainingValue": quantities,
        "validFor": st.fixed_dictionaries(
            {}, optional={"startDateTime": st.sampled_from(MOMENTS), "endDateTime": st.sampled_from(ENDS)}
        ),
        "relatedParty": st.lists(st.sampled_from(["acme", "b"]).map(lambda key: {"id": key}), max_size=2),
        "partyAccount": st.just({"id": "account"}),
    },
)


def stored(members: dict[str, Any]) -> Bucket:
    """The bucket, of every second one a third reserved."""
    bucket = Bucket.receive(members, "tests")
    if bucket.remaining and int(bucket.remaining) % 2:
        third = round(bucket.remaining / 3, 6)
        Bucket.objects.filter(pk=bucket.pk).update(remaining=bucket.remaining - third, reserved=third)
    return bucket


def _term(name: str, op: str, values: list[str]) -> str:
    return f"{name}{op}={','.join(map(quote, values))}"


def _terms(name: str) -> st.SearchStrategy[str]:
    ops = st.sampled_from(["", ".ne", ".gt", ".gte", ".lt", ".lte"] if name in ORDERED else ["", ".ne"])
    return st.builds(_term, st.just(name), ops, st.lists(st.sampled_from(VALUES[name]), min_size=1, max_size=2))


def _literal(name: str, value: str) -> str:
    return value if KINDS[name] in {"number", "flag"} else f"'{value}'"


def _comparisons(name: str) -> st.SearchStrategy[str]:
    signs = st.sampled_from(["==", "!=", "<", ">="] if name in ORDERED else ["==", "!="])
    return st.builds(
        lambda sign, value: f"@.{name} {sign} {_literal(name, value)}", signs, st.sampled_from(VALUES[name])
    )


terms = st.one_of(*map(_terms, VALUES), st.sampled_from(["remainingValueName.regex=^[0-9]%2B GB", "name.regex=^[aB]$"]))
conditions = st.one_of(
    *map(_comparisons, VALUES),
    st.sampled_from(
        [
            "@.remainingValue",
            "!@.validFor",
            "@.remainingValue.units==@.reservedValue.units",
            "@.remainingValue.amount<@.reservedValue.amount",
            "@.remainingValue[?(@.amount>1 && @.units!='MB')]",
            "length(@.remainingValueName)>4",
            "max(@.remainingValue.amount)>=60",
            "@.remainingValue.*=='GB'",
            "@.validFor.startDateTime<@.validFor.endDateTime",
        ]
    ),
)
filters = st.one_of(
    st.builds(
        lambda one, word, other: f"$[?({one} {word} {other})]", conditions, st.sampled_from(["&&", "||"]), conditions
    ),
    conditions.map(lambda each: f"$[?(!({each}))]"),
    st.sampled_from(["remainingValue[?(@.amount>=5)]", "validFor", "reservedValue", "relatedParty[?(@.id=='acme')]"]),
).map(lambda text: f"filter={quote(text)}")
groups = st.lists(st.one_of(terms, terms, filters), min_size=1, max_size=2).map("&".join)
queries = st.lists(groups, min_size=1, max_size=2).map(";".join)
