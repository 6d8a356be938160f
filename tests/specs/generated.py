"""Specifications and usages for property tests: each usage is drawn close to what its specification asks for."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from specs.declarations import characteristics, values

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ("a", "b", "c", "d")
PATTERNS = {
    "^[a-z]+$": ("ab", "AB"),
    r"\d{2,3}": ("12", "1234", "١٢"),
    "x|yy": ("x", "yy", "xyy"),
    r"[^\d-]": ("q", "-", "7"),
    "a.c": ("abc", "a\nc", "ac"),
    r"\s?[\w.-]{2}": (" a.", "__", "é."),
    "(?:ab)*": ("", "abab", "aba"),
}
DATES = (
    "2026-02-28",
    "2026-02-30",
    "2024-02-29",
    "1900-02-29",
    "0000-01-01",
    "2026-03-01T12:00:00Z",
    "2026-03-01T12:00:00",
    "2026-03-01t12:00:00.123456789+05:30",
    "2026-03-01T24:00:00Z",
    "12:00:00",
    "23:59:60",
)
TYPES = (
    *("string", "Text", "number", "DECIMAL", "integer", "int", "boolean", "dateTime", "date-time", "date", "time"),
    *("object", "array", "list", "any", "", "colour"),
)
PERIODS: tuple[dict[str, str], ...] = (
    {"startDateTime": "2020-01-01T00:00:00Z"},
    {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2026-03-01T12:00:00Z"},
    {"endDateTime": "2026-03-01T11:59:59Z"},
    {"startDateTime": "2026-03-01T13:00:01+01:00"},
)
WORDS = st.sampled_from(["", "A", "B", "1", "true", *DATES, *(text for each in PATTERNS.values() for text in each)])
AMOUNTS = st.sampled_from(
    [0, 1, 2, 3, 5, 10, -1, Decimal("1.0"), Decimal("2.5"), Decimal("4.999"), Decimal("1E1"), 10**30, Decimal("1E-300")]
)
SCALARS = st.one_of(WORDS, AMOUNTS, st.booleans())
ANY_VALUES = st.recursive(
    st.one_of(SCALARS, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("xy"), inner, max_size=2)),
    max_leaves=5,
)
VALUES = ANY_VALUES.filter(lambda value: value is not None)


def sometimes(strategy: st.SearchStrategy) -> st.SearchStrategy:
    """Mostly nothing (None), else a value of the strategy."""
    return st.one_of(st.none(), st.none(), strategy)


@st.composite
def value_specifications(draw, expressions: bool = True) -> dict[str, Any]:
    """A value, a range, an expression, or nothing that matters."""
    members = {
        "valueType": draw(sometimes(st.sampled_from(TYPES))),
        "value": draw(st.one_of(st.none(), SCALARS, VALUES)),
        "isDefault": draw(sometimes(st.booleans())),
        "unitOfMeasure": draw(sometimes(st.just("SEC"))),
        "validFor": draw(sometimes(st.sampled_from(PERIODS))),
        "regex": draw(sometimes(st.sampled_from(sorted(PATTERNS)))) if expressions else None,
    }
    if draw(st.booleans()):
        members["valueFrom"] = draw(st.one_of(st.none(), AMOUNTS))
        members["valueTo"] = draw(st.one_of(st.none(), AMOUNTS))
        intervals = ["open", "closed", "closedBottom", "closedTop", "CLOSEDTOP", None]
        members["rangeInterval"] = draw(st.sampled_from(intervals))
    return present(members)


@st.composite
def ranges(draw) -> dict[str, Any]:
    """A range that admits something, of any interval."""
    low = draw(st.integers(-2, 3))
    bounds = {"valueFrom": low, "valueTo": low + draw(st.integers(1, 5))}
    interval = {"rangeInterval": draw(st.sampled_from(["open", "closed", "closedBottom", "closedTop"]))}
    return {**bounds, **interval, "isDefault": False} if draw(st.booleans()) else {**bounds, **interval, "value": -9}


@st.composite
def plain_characteristics(draw, name: str) -> dict[str, Any]:
    """A characteristic with one rule of each sort, so that near misses miss nothing else."""
    least = draw(st.sampled_from([0, 1, 2]))
    most = draw(st.sampled_from([None, 1, 2, 3]))
    numeric = {
        "valueType": draw(st.sampled_from(["number", "integer"])),
        "characteristicValueSpecification": draw(st.lists(ranges(), min_size=1, max_size=2)),
    }
    textual = {"valueType": "string", "regex": draw(st.sampled_from(sorted(PATTERNS)))}
    listed = [{"value": text} for text in draw(st.lists(st.sampled_from("AB"), min_size=1, max_size=2))]
    words = {"valueType": "string", "characteristicValueSpecification": listed}
    return {
        "name": name,
        "minCardinality": least,
        **({} if most is None else {"maxCardinality": max(most, least)}),
        **draw(st.sampled_from([numeric, numeric, textual, words])),
    }


@st.composite
def characteristic_specifications(draw, name: str, sayable: bool) -> dict[str, Any]:
    """A characteristic; a sayable one has only rules that JSON Schema can express."""
    value_type = draw(st.one_of(st.none(), st.sampled_from(TYPES)))
    textual = str(value_type).lower() in {"string", "text", "datetime", "date-time", "date", "time", "boolean"}
    expressions = textual or not sayable
    least = draw(st.sampled_from([None, 0, 1, 1, 2]))
    most = draw(st.sampled_from([None, 0, 1, 1, 1, 2, 3]))
    most = most if most is None else max(most, least or 0)
    relation = st.fixed_dictionaries(
        {
            "name": st.sampled_from(NAMES),
            "relationshipType": st.sampled_from(["requires", "dependsOn", "excludes", "Exclusivity", "aggregation"]),
        }
    )
    return present(
        {
            "name": name,
            "valueType": value_type,
            "minCardinality": least,
            "maxCardinality": most,
            "regex": draw(sometimes(st.sampled_from(sorted(PATTERNS)))) if expressions else None,
            "extensible": draw(st.sampled_from([None, None, True, False])),
            "configurable": draw(st.sampled_from([None, None, True, False])),
            "isUnique": draw(st.booleans()) if most == 1 or not sayable else None,
            "validFor": draw(sometimes(st.sampled_from(PERIODS))),
            "charSpecRelationship": draw(st.one_of(st.none(), st.none(), st.none(), st.lists(relation, max_size=2))),
            "characteristicValueSpecification": draw(st.lists(value_specifications(expressions), max_size=3)) or None,
        }
    )


@st.composite
def specifications(draw, sayable: bool = True) -> dict[str, Any]:
    """A specification of up to four characteristics."""
    if draw(st.booleans()):
        return {"name": "Plain", "specCharacteristic": [draw(plain_characteristics("a"))]}
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))
    listed = [draw(characteristic_specifications(name, sayable)) for name in names]
    document = {"name": "Generated", "specCharacteristic": listed}
    return document | draw(st.sampled_from([{}, {}, {}, {"extensible": False}]))


@st.composite
def usages(draw, document: dict[str, Any]) -> dict[str, Any]:
    """A usage that tries to keep to the specification, and often misses by little."""
    entries = []
    for members in characteristics(document):
        likely = st.one_of(likely_values(members), likely_values(members), likely_values(members), VALUES)
        least = members.get("minCardinality", 0)
        count = draw(st.sampled_from([least, least, least, max(least, 1), max(least - 1, 0), least + 1]))
        if count > 1 and draw(st.booleans()):
            entries.append({"name": members["name"], "value": draw(st.lists(likely, min_size=count, max_size=count))})
            count = draw(st.sampled_from([0, 0, 0, 1]))
        entries += [{"name": members["name"], "value": draw(likely)} for _ in range(count)]
    if draw(st.integers(0, 9)) == 0:
        odd = [
            {"name": "e", "value": 1},
            {"name": "A", "value": "A"},
            {"name": "a"},
            {"value": 1},
            {"name": 1, "value": 1},
        ]
        entries.append(draw(st.sampled_from([*odd, {"name": "a", "value": None}, 5])))
    usage = {"usageDate": "2026-03-01T12:00:00Z", "usageCharacteristic": draw(st.permutations(entries))}
    if not entries and draw(st.booleans()):
        del usage["usageCharacteristic"]
    return usage


def likely_values(members: dict[str, Any]) -> st.SearchStrategy:
    """Values near the rules of the characteristic."""
    near: list[Any] = []
    for each in values(members):
        bounds = [each[name] for name in ("valueFrom", "valueTo") if name in each]
        near += [each["value"]] if "value" in each else []
        near += [bound + step for bound in bounds for step in (-1, 0, Decimal("0.5"), 1)]
        near += PATTERNS.get(each.get("regex"), ())
    near += PATTERNS.get(members.get("regex"), ())
    of_type: dict[str, Any] = {
        "string": WORDS,
        "text": WORDS,
        "number": AMOUNTS,
        "decimal": AMOUNTS,
        "integer": AMOUNTS,
        "int": AMOUNTS,
        "boolean": st.booleans(),
        "object": st.just({"x": [1, Decimal("1.0")]}),
        "array": st.lists(SCALARS, max_size=3),
        "list": st.lists(SCALARS, max_size=3),
    }
    typed = of_type.get(str(members.get("valueType")).lower(), SCALARS)
    return st.one_of(st.sampled_from(near), typed) if near else typed


def present(members: dict[str, Any]) -> dict[str, Any]:
    """Without the members that are absent."""
    return {name: value for name, value in members.items() if value is not None}
