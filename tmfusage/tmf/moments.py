"""Date-times on the wire: RFC 3339 with an offset in, UTC with Z out."""

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def utc_text(value: str) -> str:
    """The RFC 3339 date-time in UTC, with the sub-second digits it came with; ValueError when it is none."""
    if not _RFC3339.fullmatch(value):
        raise ValueError(value)
    instant = datetime.fromisoformat(value.upper())
    if value.endswith("Z"):
        return value
    try:
        text = instant.astimezone(UTC).isoformat().replace("+00:00", "")
    except OverflowError as exc:
        raise ValueError(value) from exc
    fraction = value[19:].rstrip("Zz").split("+")[0].split("-")[0]
    return f"{text[:19]}{fraction}Z"


def instant(value: str) -> datetime:
    """The instant of an RFC 3339 date-time; ValueError when it is none."""
    return datetime.fromisoformat(utc_text(value))


def instant_text(moment: datetime) -> str:
    """The instant in UTC as the wire shows it, with sub-second digits only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
