"""Units: exact, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumption import units
from tmfusage.tmf.refusals import TmfError


@pytest.mark.parametrize(
    ("amount", "unit", "base"),
    [
        (1, "minutes", "60"), ("1.5", "h", "5400"), (2, "Days", "172800"), (20, "mins", "1200"), (250, "ms", "0.25"),
        (1, "KB", "1000"), (1, "KiB", "1024"), (3, "GB", "3000000000"), ("1.8", "Go", "1800000000"),
        ("0.000001", "TB", "1000000"), (1, "TiB", "1099511627776"), (3, "bits", "0.375"), (8, "kbit", "1000"),
        (10, "sms", "10"), (10, "", "10"), (4, "Events", "4"), ("12.345678", "EUR", "12.345678"), (5, "omr", "5"),
    ],
)  # fmt: skip
def test_amounts_are_kept_in_the_base_unit_exactly(amount, unit, base):
    assert units.to_base(Decimal(amount), unit) == Decimal(base)


@pytest.mark.parametrize(
    ("amount", "unit"),
    [
        ("0.0000001", "GB"), ("1e14", "B"), ("NaN", "B"), ("Infinity", "B"), ("many", "B"), ("0.0001", "ms"),
        ("99999999999999", "PB"), (True, "B"), (None, "B"), (1, "x" * 33), ("1e-400", "B"), ("1e999999999", "B"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_exactly_is_refused(amount, unit):
    with pytest.raises(TmfError) as refusal:
        units.to_base(amount, unit)
    assert (refusal.value.status_code, refusal.value.code) == (400, "invalidQuantity")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("GB", "MiB", True), ("s", "hours", True), ("sms", "units", True), ("EUR", "EUR", True), ("", "mms", True),
        ("EUR", "USD", False), ("EUR", "cents", False), ("GB", "minutes", False), ("points", "stars", False),
        ("Points", "points", True), ("sms", "EUR", False),
    ],
)  # fmt: skip
def test_only_units_of_one_family_convert(one, other, same):
    assert units.same_family(one, other) is same


@pytest.mark.parametrize(
    ("amount", "unit", "shown"),
    [
        (3_000_000_000, "GB", {"amount": 3, "units": "GB"}),
        (100, "minutes", {"amount": 100, "units": "seconds"}),
        (90, "minutes", {"amount": Decimal("1.5"), "units": "minutes"}),
        (1, "TB", {"amount": Decimal("0.000001"), "units": "MB"}),
        (1001, "GiB", {"amount": Decimal("0.001001"), "units": "MB"}),
        (0, "", {"amount": 0, "units": ""}),
        ("0.125", "GB", {"amount": Decimal("0.000125"), "units": "kB"}),
    ],
)
def test_what_has_no_end_in_a_unit_is_shown_in_a_smaller_one(amount, unit, shown):
    assert units.quantity(Decimal(amount), unit) == shown


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [(3_000_000_000, "GB", "3 GB"), ("1.5", "EUR", "1.50 EUR"), ("1.5", "OMR", "1.500 OMR"), (5400, "h", "1.5 h"),
     (1234567, "JPY", "1,234,567 JPY")],
)  # fmt: skip
def test_people_read_amounts_with_their_units(amount, unit, text):
    assert units.text(Decimal(amount), unit) == text


NAMES = ["ms", "seconds", "minutes", "hours", "days", "B", "kB", "KiB", "MB", "GB", "GiB", "TB", "units", "EUR"]


@given(st.decimals(min_value=0, max_value=10**7, places=6), st.sampled_from(NAMES))
def test_there_and_back_again_is_the_same(amount, unit):
    try:
        base = units.to_base(amount, unit)
    except TmfError:
        assert unit == "ms"
        return
    number, name = units.shown(base, unit)
    assert units.to_base(number, name) == base
    assert (number, name) == (amount, unit)
