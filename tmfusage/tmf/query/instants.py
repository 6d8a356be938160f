"""Text that is a date-time or a date, recognised alike by Python and by PostgreSQL.

A stored value may be any text. What this expression matches, both can convert without fail, so a comparison of
instants never stumbles over a row; both drop what is finer than a microsecond.
"""

import re
from datetime import UTC, datetime, timedelta

_DATE = (
    "(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    "|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    "|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
_TIME = "[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,9})?(?:[Zz]|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])"
# Of the first and the last day only what is not before or behind them in UTC.
_TIME_IN_RANGE = f"(?!0001-01-01[Tt][0-9:.]*[+])(?!9999-12-31[Tt][0-9:.]*-){_DATE}{_TIME}"
_DAY = re.compile(_DATE)
_MOMENT = re.compile(_TIME_IN_RANGE)
_LOST_PLUS = re.compile(" (?=[0-9]{2}:[0-9]{2}$)")
RESOLUTION = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC)


def instant_of(text: str) -> datetime | None:
    """The instant of a date-time, or of the beginning of a day in UTC; None for other text."""
    if _MOMENT.fullmatch(text):
        return datetime.fromisoformat(text.upper())
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if _DAY.fullmatch(text) else None


def instant_sql(text: str) -> str:
    """The same as an SQL expression of an SQL expression of text."""
    cut = f"regexp_replace({text}, '([.][0-9]{{6}})[0-9]+', '\\1')"
    return (
        f"(CASE WHEN {text} ~ '^{_TIME_IN_RANGE}$' THEN {cut}::timestamptz"
        f" WHEN {text} ~ '^{_DATE}$' THEN ({text} || 'T00:00:00Z')::timestamptz END)"
    )


def period_of(operator: str, text: str) -> tuple[datetime | None, datetime | None] | None:
    """From when (included) to when (excluded) an instant lies that compares so with the text; None for other text.

    A date stands for the whole day in UTC. The plus of an offset that was not encoded arrives as a blank.
    """
    start = instant_of(_LOST_PLUS.sub("+", text))
    if start is None:
        return None
    end = _after(start, timedelta(days=1) if len(text) == 10 else RESOLUTION)
    if operator == "eq":
        return start, end
    if operator == "gt" and end is None:
        # Nothing is later than the last day.
        return _LAST, _LAST
    if operator in {"gt", "gte"}:
        return (start if operator == "gte" else end), None
    return None, start if operator == "lt" else end


def _after(start: datetime, length: timedelta) -> datetime | None:
    """The end; None when it is beyond the last day."""
    try:
        return start.astimezone(UTC) + length
    except OverflowError:
        return None
