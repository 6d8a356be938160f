"""Strict JSON in, exact JSON out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmfusage.tmf.exact import dumps, loads
from tmfusage.tmf.refusals import TmfError

NUMBERS = st.integers(-(2**70), 2**70) | st.decimals(allow_nan=False, allow_infinity=False, places=6)
TEXTS = st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=5),
    max_leaves=20,
)


@given(VALUES)
def test_any_value_comes_back_as_it_went(value):
    assert loads(dumps(exactly(value))) == value


def exactly(value):
    """Integers beyond 64 bits travel as Decimal."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**63:
        return Decimal(value)
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return {key: exactly(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize("text", ["12345678901234567.89", "0.1", "1.10", "100000000000000000000", "-0.000001"])
def test_every_digit_of_a_number_is_kept(text):
    assert dumps(loads(text.encode())) == text.encode()


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b'{"a":1,"a":2}', "twice"),
        (b"NaN", "NaN"),
        (b"-Infinity", "Infinity"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        (b'"\\ud800"', "surrogate"),
        (b"[" * 33 + b"]" * 33, "nested 33"),
        (b'{"a":' * 2000, "nested 2000"),
        (b"\xff", "UTF-8"),
        (b"1e999", "digits"),
        (b"1" * 65, "digits"),
        (b'{"a":', "line 1"),
        (b'"\x01"', "control"),
        (b"{'a':1}", "line 1"),
        (b"", "line 1"),
        (b"[1,]", "line 1"),
    ],
    ids=lambda each: each[:24] if isinstance(each, bytes) else each,
)
def test_what_is_not_strict_json_is_refused_with_its_reason(body, what):
    with pytest.raises(TmfError) as refusal:
        loads(body)
    assert refusal.value.status_code == 400
    assert what in refusal.value.message


def test_brackets_inside_strings_are_not_depth():
    assert loads(b'"' + b"[{" * 100 + b'\\"]"') == "[{" * 100 + '"]'
