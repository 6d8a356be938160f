"""A specification's rows and its document say the same."""

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from specs.models import UsageSpecification
from specs.wire import absorb, render

WORDS = st.text("abcdefg é\"\\'<>&", min_size=1, max_size=8).filter(str.strip)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)).map(lambda each: each.isoformat() + "Z")
NUMBERS = st.integers(-(10**12), 10**12) | st.decimals(-(10**6), 10**6, places=3).map(Decimal.normalize)
JSON = st.recursive(
    st.booleans() | NUMBERS | WORDS, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=4
)
PERIODS = st.fixed_dictionaries({"startDateTime": MOMENTS}, optional={"endDateTime": MOMENTS, "more": WORDS})


def members(required=None, **optional):
    """An object with some of its members, and one the standard does not know."""
    return st.fixed_dictionaries(required or {}, optional={**optional, "unknownMember": JSON})


VALUES = members(
    value=JSON, isDefault=st.booleans(), valueFrom=st.integers(-9, 9), valueTo=st.integers(-9, 9), regex=WORDS,
    rangeInterval=st.sampled_from(["open", "closed"]), unitOfMeasure=WORDS, valueType=WORDS, validFor=PERIODS,
)  # fmt: skip
CHARACTERISTICS = members(
    {"name": WORDS}, id=WORDS, description=WORDS, valueType=WORDS, configurable=st.booleans(), isUnique=st.booleans(),
    extensible=st.booleans(), minCardinality=st.integers(0, 9), maxCardinality=st.integers(0, 9), regex=WORDS,
    validFor=PERIODS, characteristicValueSpecification=st.lists(VALUES, min_size=1, max_size=3),
    charSpecRelationship=st.lists(members(name=WORDS), min_size=1, max_size=2),
)  # fmt: skip
DOCUMENTS = members(
    {"name": WORDS}, description=WORDS, version=WORDS, lifecycleStatus=WORDS, isBundle=st.booleans(), validFor=PERIODS,
    specCharacteristic=st.lists(CHARACTERISTICS, min_size=1, max_size=3),
    relatedParty=st.lists(st.fixed_dictionaries({"id": WORDS}), min_size=1, max_size=2),
    attachment=st.lists(members(name=WORDS), min_size=1, max_size=2),
    targetEntitySchema=st.fixed_dictionaries({"@type": WORDS, "@schemaLocation": WORDS}),
)  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=DOCUMENTS)
def test_what_was_absorbed_is_rendered(document):
    specification = UsageSpecification(type="UsageSpecification", created_by="test")
    absorb(specification, document)
    stored = UsageSpecification.objects.get(pk=specification.pk)
    rendered = render(stored)
    rendered.pop("lastUpdate")
    assert rendered == document
