"""Usages and queries at random: few words, so that queries find something."""

from typing import Any

from hypothesis import strategies as st

from tmfusage.tmf import exact
from tmfusage.tmf.serializers import checker_of
from usage.api.v4 import Usage
from usage.models import Usage as UsageModel

WORDS = ["a", "B", "b", "", "é", "it's", 'say "x"', "back\\slash", "100%s", "$$", "a,b;c", "60", "true", "\U0001f600"]
NUMBERS = ["0", "1", "1.0", "60", "-3", "2.50", "1e2", "12345678901234567890"]
MOMENTS = [
    "2026-01-31T12:00:00Z",
    "2026-01-31T14:00:00+02:00",
    "2026-01-31T12:00:00.5Z",
    "2026-01-31T12:00:00.1234567Z",
    "2026-02-01T00:30:00+01:00",
    "2026-02-30T12:00:00Z",
]
DAYS = ["2026-01-31", "2026-02-01", "2026-02-30"]
NAMES = ["duration", "number", "it's"]
STATUSES = ["received", "guided", "rated"]

words = st.sampled_from(WORDS)
numbers = st.sampled_from(NUMBERS).map(lambda text: exact.loads(text.encode()))
scalars = st.one_of(words, numbers, st.booleans(), st.sampled_from(MOMENTS + DAYS))
values = st.one_of(
    scalars,
    st.lists(st.one_of(scalars, st.none()), min_size=1, max_size=3),
    st.just({"c": None}),
    st.lists(numbers, min_size=2, max_size=3),
    st.fixed_dictionaries({"a": st.sampled_from(MOMENTS), "b": st.sampled_from(MOMENTS)}),
    st.lists(st.lists(scalars, max_size=2), min_size=1, max_size=2),
    st.fixed_dictionaries({}, optional={"a": scalars, "b": st.lists(scalars, max_size=2), "c": st.none()}),
    st.lists(st.fixed_dictionaries({}, optional={"a": scalars}), max_size=2),
)


def some(**members: st.SearchStrategy) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have these members, or some of them."""
    return st.fixed_dictionaries({}, optional=members)


characteristics = st.builds(
    lambda needed, more: {**needed, **more},
    st.fixed_dictionaries({"name": st.sampled_from(NAMES), "value": values}),
    some(valueType=words, vendor=values),
)
parties = st.builds(
    lambda needed, more: {**needed, **more},
    st.fixed_dictionaries({"id": st.sampled_from(["acme", "Acme", "b", "it's"])}),
    some(role=st.sampled_from(["Customer", "customer", "É"]), name=words),
)
money = some(unit=st.sampled_from(["EUR", "USD"]), value=st.sampled_from([1, 12]))
rated = some(
    taxRate=st.sampled_from([0, 19]),
    isBilled=st.booleans(),
    ratingDate=st.sampled_from(MOMENTS[:5]),
    productRef=st.fixed_dictionaries({"id": st.sampled_from(["p1", "p2"])}),
    taxIncludedRatingAmount=money,
)
usages = some(
    status=st.sampled_from(STATUSES),
    usageDate=st.sampled_from(MOMENTS[:5]),
    usageType=words,
    description=words,
    usageSpecification=st.fixed_dictionaries({"id": st.sampled_from(["s1", "s2"])}),
    usageCharacteristic=st.lists(characteristics, min_size=2, max_size=5),
    relatedParty=st.lists(parties, min_size=1, max_size=3),
    ratedProductUsage=st.lists(rated, max_size=2),
    roaming=values,
)


def stored(members: dict[str, Any]) -> UsageModel | None:
    """The members as the API would store them; None when it would refuse them."""
    if not members.get("ratedProductUsage") and members.get("status") == "rated":
        members = {**members, "status": "guided"}
    violations: list = []
    checked = checker_of(Usage)({"usageSpecification": {"id": "s0"}, **members}, "$", violations)
    if violations:
        return None
    usage = UsageModel(type="Usage", status=checked.get("status", "received"), created_by="tests")
    usage.members = checked
    return usage
