"""A believable usage of a specification, to copy: valid by the specification's own rules wherever that can be made."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from specs.declarations import Declaration, Declared, declared, period
from specs.judging import Judge
from specs.pattern_samples import matching
from specs.ranges import Range
from specs.value_types import Kind, canonical
from tmfusage.tmf.moments import instant_text

MOST_VALUES = 20
_TRIES = 12


def sample_usage(document: dict[str, Any], at: datetime) -> dict[str, Any]:
    """A usage that keeps to the specification at the instant; its description names what has to be replaced first."""
    date = _dated(document, at)
    said = declared(document, date)
    entries: list[dict[str, Any]] = []
    unmet: list[str] = []
    for name in _names(said):
        made, complete = _entries(said.declarations[name], date)
        entries += made
        if not complete:
            unmet.append(name)
    return {
        "@type": "Usage",
        "usageDate": instant_text(date),
        **_about(document, unmet),
        "usageCharacteristic": entries,
    }


def _dated(document: dict[str, Any], at: datetime) -> datetime:
    """The instant in whole seconds, moved into the specification's period."""
    start, end = period(document)
    date = at.astimezone(UTC).replace(microsecond=0)
    if start is not None and date < start:
        date = start
    return end if end is not None and date > end else date


def _about(document: dict[str, Any], unmet: list[str]) -> dict[str, Any]:
    name, identifier = document.get("name"), document.get("id")
    named = name if isinstance(name, str) and name else "usage"
    text = f"Sample of {named}."
    if unmet:
        text += f" No sample value could be made for {', '.join(unmet)}: replace it."
    members: dict[str, Any] = {"description": text, "usageType": named}
    if isinstance(identifier, str):
        members["usageSpecification"] = {"id": identifier, "name": named, "@referredType": "UsageSpecification"}
    return members


def _names(said: Declared) -> list[str]:
    """The characteristics to show: all mandatory ones, and the optional ones that get along with them."""
    possible = [each for each in said.declarations.values() if each.most != 0]
    ordered = sorted(possible, key=lambda each: each.least == 0)
    chosen: dict[str, None] = {}
    for each in ordered:
        rivals = {b if a == each.name else a for a, b in said.excludes if each.name in (a, b)}
        if each.least or not rivals & chosen.keys():
            chosen[each.name] = None
    while lacking := [name for name, target in said.needs if name in chosen and target not in chosen]:
        for name in lacking:
            chosen.pop(name, None)
    return [name for name in said.declarations if name in chosen]


def _entries(declaration: Declaration, date: datetime) -> tuple[list[dict[str, Any]], bool]:
    """As many entries as the characteristic needs, and whether they keep to its rules."""
    wanted = min(max(declaration.least, 1), MOST_VALUES)
    admits = Judge(declaration).admits
    made: list[Any] = []
    seen: set[str] = set()
    for value in _candidates(declaration, date):
        if not admits(value) or (declaration.unique and canonical(value) in seen):
            continue
        seen.add(canonical(value))
        made.append(value)
        if len(made) == wanted:
            break
    complete = len(made) == max(declaration.least, 1)
    while made and not declaration.unique and len(made) < wanted:
        made.append(made[-1])
        complete = len(made) == max(declaration.least, 1)
    values = made or [f"<{declaration.name}>"]
    kind = {"valueType": "/".join(sorted(declaration.kinds))} if len(declaration.kinds) == 1 else {}
    return [{"name": declaration.name, **kind, "value": value} for value in values], complete


def _candidates(declaration: Declaration, date: datetime) -> Iterator[Any]:
    """Values worth trying, the most telling first."""
    yield from declaration.defaults
    yield from declaration.constants
    expressions = [declaration.pattern, *(each.pattern for each in declaration.alternatives)]
    for variant in range(_TRIES + min(declaration.least, MOST_VALUES)):
        yield from _telling(declaration.name.lower(), variant)
        for expression in filter(None, expressions):
            text = matching(expression.text, variant)
            if text is not None:
                yield text
                yield from _as_number(text)
        for alternative in declaration.alternatives:
            if alternative.range:
                yield from _in_range(alternative.range, variant)
        yield from _plain(declaration, date, variant)


def _as_number(text: str) -> Iterator[Any]:
    if text.isascii() and text.isdigit() and len(text) <= 18:
        yield int(text)


def _in_range(span: Range, variant: int) -> Iterator[Any]:
    low, high = span.low, span.high
    if low is None and high is not None:
        yield from (high - variant - 1, high)
    elif low is not None and high is None:
        yield from (low + variant + 1, low)
    if low is None or high is None:
        return
    width = high - low
    inside = low + min(width // 4, 60) + variant
    yield from (inside, low, high, low + variant, low + Decimal(width) * (variant + 1) / (variant + 3))


def _plain(declaration: Declaration, date: datetime, variant: int) -> Iterator[Any]:
    """A value of each type, with a look at the name."""
    moment = _moment(declaration.name, date, variant)
    plain: dict[Kind, Any] = {
        Kind.STRING: f"{declaration.name[:40]} {variant + 1}",
        Kind.NUMBER: 60 + variant,
        Kind.INTEGER: 60 + variant,
        Kind.BOOLEAN: variant % 2 == 0,
        Kind.DATE_TIME: instant_text(moment),
        Kind.DATE: moment.date().isoformat(),
        Kind.TIME: moment.time().isoformat(),
        Kind.OBJECT: {"sample": variant + 1},
        Kind.ARRAY: [f"sample {variant + 1}"],
    }
    yield from (plain[kind] for kind in (sorted(declaration.kinds) or plain))


def _telling(name: str, variant: int) -> Iterator[Any]:
    """Values that the (small) name suggests: phone numbers, free for examples, and countries."""
    if any(
        word in name for word in ("originatingnumber", "destinationnumber", "callingnumber", "callednumber", "phone")
    ):
        yield from (f"+1555010{variant:04d}", 15_550_100_000 + variant)
    if "msisdn" in name:
        yield from (f"+1555010{variant:04d}", f"1555010{variant:04d}", 15_550_100_000 + variant)
    if "country" in name:
        codes = (str(44 + variant), 44 + variant)
        letters = (("GB", "SE", "PT", "IE")[variant % 4],)
        yield from (codes + letters if "code" in name else letters + codes)


def _moment(name: str, date: datetime, variant: int) -> datetime:
    """Things end at the usage's date and began a little before."""
    folded = name.lower()
    ends = any(word in folded for word in ("end", "stop", "finish", "delivered"))
    ago = timedelta(seconds=variant if ends else 61 + variant)
    return date - ago if date - datetime.min.replace(tzinfo=UTC) > ago else date
