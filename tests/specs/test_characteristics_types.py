"""Value types: what each spelling admits."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.value_types import DATE_TIME, Kind, canonical, kinds_of, number_text, predicate, spelled_number
from tests.specs.making import admitted, characteristic, message, specification

D = Decimal
VALUES = ["text", "12", 12, D("12.0"), D("12.5"), True, {"x": 1}, [1]]


@pytest.mark.parametrize(
    ("spellings", "accepted"),
    [
        (["string", "String", "text", " TEXT "], ["text", "12"]),
        (["number", "numeric", "decimal", "Float", "double"], [12, D("12.0"), D("12.5")]),
        (["integer", "int", "LONG"], [12, D("12.0")]),
        (["boolean", "bool"], [True]),
        (["object"], [{"x": 1}]),
        (["array"], [[1]]),
        (["any", "", "colour", None], VALUES),
    ],
)
def test_every_spelling_of_a_value_type_is_understood(spellings, accepted):
    for spelling in spellings:
        assert repr(admitted(characteristic("a", spelling, maxCardinality=1), *VALUES)) == repr(accepted)


@pytest.mark.parametrize("spelling", ["dateTime", "date-time", "DateTime", "timestamp", "date_time"])
def test_a_date_time_needs_an_offset_and_must_exist(spelling):
    right = ["2026-03-01T12:00:00Z", "2026-03-01t12:00:00.123456789-11:30", "2024-02-29t23:59:59z"]
    wrong = [
        "2026-03-01T12:00:00",
        "2026-03-01 12:00:00Z",
        "2026-02-30T00:00:00Z",
        "2026-03-01T24:00:00Z",
        "2026-03-01T12:00:60Z",
        "2026-03-01",
        "2026-03-01T12:00:00Z\n",
        "٢٠٢٦-03-01T12:00:00Z",
        1_772_366_400,
    ]
    assert admitted(characteristic("a", spelling), *right, *wrong) == right


def test_a_date_must_exist():
    right = ["2026-02-28", "2000-02-29", "0001-12-31"]
    wrong = ["2026-02-30", "1900-02-29", "2026-2-8", "0000-01-01", "2026-03-01T00:00:00Z"]
    assert admitted(characteristic("a", "date"), *right, *wrong) == right


def test_a_time_may_come_with_or_without_offset():
    right = ["00:00:00", "23:59:59.5", "12:00:00Z", "12:00:00+01:00"]
    assert admitted(characteristic("a", "time"), *right, "24:00:00", "12:00", "12:60:00") == right


@given(st.integers(0, 9_999), st.integers(0, 13), st.integers(0, 32))
def test_exactly_the_days_of_the_calendar_are_dates(year, month, day):
    text = f"{year:04d}-{month:02d}-{day:02d}"
    try:
        exists = bool(date(year, month, day))
    except ValueError:
        exists = False
    assert predicate(frozenset({Kind.DATE}))(text) is exists


@given(st.datetimes(timezones=st.timezones()))
def test_every_date_time_that_python_writes_is_one(moment):
    text = moment.isoformat()
    if len(text.split("T")[1].replace("-", "+").split("+")[-1]) == len("00:00"):  # RFC 3339 has no seconds in offsets
        assert predicate(frozenset({Kind.DATE_TIME}))(text)


def test_the_type_may_stand_on_the_value_specifications():
    assert admitted(characteristic("a", None, {"valueType": "number"}), 1, "1") == [1]
    assert admitted(characteristic("a", None, {"valueType": "number"}, {"valueType": "string"}), 1, "1", True) == [
        1,
        "1",
    ]
    assert admitted(characteristic("a", None, {"valueType": "number"}, {"unitOfMeasure": "s"}), 1, "1", True) == [
        1,
        "1",
        True,
    ]
    assert admitted(characteristic("a", "string", {"valueType": "number"}), 1, "1") == ["1"]


def test_numbers_in_quotes_are_read_only_on_request():
    listed = characteristic("a", "number", {"valueFrom": 0, "valueTo": 10})
    assert admitted(listed, 5, "5", "+5.0", "1e1", "11", "five", "") == [5]
    assert admitted(listed, 5, "5", "+5.0", "1e1", "11", "five", "", numeric_strings=True) == [5, "5", "+5.0", "1e1"]
    assert admitted(characteristic("a", "integer"), "1.5", "2.0", "2", numeric_strings=True) == ["2.0", "2"]
    assert admitted(characteristic("a", "integer", {"value": 7}), "7", "07", "8", numeric_strings=True) == ["7", "07"]
    assert admitted(characteristic("a", "string"), 5, "5", numeric_strings=True) == ["5"]


def test_a_message_says_what_was_found_what_is_expected_and_how_to_mend_it():
    document = specification(characteristic("duration", "integer", {"valueFrom": 0, "unitOfMeasure": "SEC"}))
    assert message(document, ("duration", "61")) == (
        'duration: expected an integer (SEC), found the string "61"; send the number without quotes'
    )
    assert "found true" in message(document, ("duration", True))
    assert "found an object of 1 member" in message(document, ("duration", {"x": 1}))
    assert message(document, ("duration", -1)).endswith("-1 is not allowed; expected a number of at least 0 SEC")


def test_what_was_found_is_cut_at_80_characters():
    text = message(specification(characteristic("a", "integer")), ("a", "x" * 5_000))
    assert len(text) < 150


@given(
    st.one_of(
        st.integers(),
        st.just(10**350),
        st.just(-(10**500)),
        st.just(D("7E-900")),
        st.decimals(allow_nan=False, allow_infinity=False),
    )
)
def test_equal_numbers_have_one_text(number):
    sign, digits, exponent = D(number).as_tuple()
    assert number_text(number) == number_text(D((sign, (*digits, 0, 0), exponent - 2)))
    assert D(number_text(number)) == number


def test_the_canonical_text_tells_types_apart_and_equal_values_together():
    different = ["1", 1, True, None, [1], {"1": 1}, "true", D("1.5"), [[1]], [1, 1], {"a": [1]}, "", [], {}]
    assert len({canonical(value) for value in different}) == len(different)
    assert canonical({"a": [1, D("2.50")], "b": None}) == canonical({"b": None, "a": [D("1.0"), D("2.5")]})


def test_spelling_and_type_tables():
    assert kinds_of("FULL-DATE") == {Kind.DATE}
    assert kinds_of(5) == kinds_of(None) == frozenset()
    assert spelled_number("0049") == 49
    assert spelled_number("1e9999") == "1e9999"
    assert "(?!" not in DATE_TIME
