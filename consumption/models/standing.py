"""What a bucket tells of its balance as SQL: the members that `standing` makes of a row, for filters and sort.

The arithmetic is that of `consumption.units`: an amount is told in the unit of the bucket, or else in the largest
smaller one in which it has at most six decimals.
"""

import json
from collections.abc import Mapping

from consumption import units
from consumption.currencies import EXPONENTS
from tmfusage.tmf.computed import Computed

_WHITE = "'" + "".join(filter(str.isspace, map(chr, range(0x3001)))) + "'"
_GROUPS = "FM" + "999," * 12 + "990"


def _map(values: Mapping[str, object]) -> str:
    return f"'{json.dumps(values)}'::jsonb"


_FACTORS = _map({word: float(unit.factor) for word, unit in units.KNOWN.items()})
_FAMILIES = _map({word: unit.family for word, unit in units.KNOWN.items() if unit.family in units.FALLBACKS})
_DECIMALS = _map({code: exponent for code, exponent in EXPONENTS.items() if exponent})
_SMALLER = [
    (family, name, str(float(units.KNOWN[name.lower()].factor)))
    for family, names in units.FALLBACKS.items()
    for name in names
]


def _exact(factor: str) -> str:
    """Whether the amount has at most six decimals in the unit of that many base units."""
    return f"mod(o.base * 1000000, {factor}) = 0"


def _chosen(own: str, position: int) -> str:
    """What belongs to the unit in which the amount is told: the bucket's own, or else one of the smaller ones."""
    others = " ".join(
        f"WHEN o.family = '{each[0]}' AND {each[2]} < o.factor AND {_exact(each[2])} THEN "
        + (each[2] if position == 2 else f"'{each[1]}'")
        for each in _SMALLER
    )
    return f"CASE WHEN {_exact('o.factor')} THEN {own} {others} ELSE {own} END"


def _told(amount: str, what: str) -> str:
    """A figure of the amount (an SQL expression of base units); OFFSET 0 lets the database work out each part once."""
    word = f'lower(btrim(t."unit", {_WHITE}) COLLATE "C")'
    own = (
        f'SELECT {amount} AS base, t."unit" AS unit, {_FAMILIES} ->> {word} AS family,'
        f" coalesce(({_FACTORS} ->> {word})::numeric, 1) AS factor OFFSET 0"
    )
    factor, unit = _chosen("o.factor", 2), _chosen("o.unit", 1)
    # Own names throughout.
    chosen = f"SELECT o.base, {factor} AS factor, {unit} AS unit FROM ({own}) o OFFSET 0"  # noqa: S608
    told = f"SELECT trim_scale(c.base / c.factor) AS amount, c.unit FROM ({chosen}) c OFFSET 0"  # noqa: S608
    return f"(SELECT {what} FROM ({told}) q)"  # noqa: S608


_PLACES = f"greatest(scale(q.amount), coalesce(({_DECIMALS} ->> q.unit)::int, 0))"
_FRACTION = f"CASE WHEN {_PLACES} > 0 THEN '.' || split_part(round(q.amount, {_PLACES})::text, '.', 2) ELSE '' END"
_WORDS = f"btrim(to_char(trunc(q.amount), '{_GROUPS}') || {_FRACTION} || ' ' || q.unit, {_WHITE})"
_MEASURED = 't."measured" AND NOT t."unlimited"'
# What has expired although no sweep has come by yet; what renews is told as it stood until it has been renewed.
_OVER = (
    '(t."status" <> \'expired\' AND t."valid_to" <= statement_timestamp() AND NOT EXISTS (SELECT 1'
    ' FROM consumption_bucketspecification s WHERE s.id = t."specification_id" AND s.renews AND s.period_count > 0))'
)
_REMAINING = f'CASE WHEN {_OVER} THEN 0 ELSE t."remaining" END'


def _amount(member: str, amount: str, condition: str) -> dict[str, Computed]:
    return {
        f"{member}.amount": Computed("number", f"(CASE WHEN {condition} THEN {_told(amount, 'q.amount')} END)"),
        f"{member}.units": Computed("text", f"(CASE WHEN {condition} THEN {_told(amount, 'q.unit')} END)"),
    }


COMPUTED: dict[str, Computed] = {
    "status": Computed("text", f"(CASE WHEN {_OVER} THEN 'expired' ELSE t.\"status\" END)"),
    "validFor.startDateTime": Computed("moment", 't."valid_from"'),
    "validFor.endDateTime": Computed("moment", 't."valid_to"'),
    "isUnlimited": Computed("flag", 't."unlimited"'),
    "remainingValueName": Computed(
        "text",
        f'(CASE WHEN t."unlimited" THEN \'Unlimited\' WHEN t."measured" THEN {_told(_REMAINING, _WORDS)} END)',
    ),
    **_amount("remainingValue", _REMAINING, _MEASURED),
    **_amount("reservedValue", 't."reserved"', f'{_MEASURED} AND t."reserved" <> 0'),
}
