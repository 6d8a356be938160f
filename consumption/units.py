"""Units of time, data, counts and money: converted exactly, or refused; never rounded, never mixed.

A balance is kept in the base unit of its family. Every factor to a base unit is a whole number (bits and milliseconds
apart), so an amount with six decimals in any unit has at most six in the base unit. The way back may have more
(100 s are no finite number of minutes): such an amount is shown in the largest smaller unit in which it is exact.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from consumption.currencies import EXPONENTS
from tmfusage.tmf.refusals import TmfError

DECIMALS = 6
DIGITS = 14  # in front of the point, on the wire: numeric(20,6)
MOST = 10**20  # base units; 26 digits with the decimals, so that Python's 28 add them up exactly
_SCALE = 10**DECIMALS
_LONGEST_UNIT = 32
# family: (unit as shown, its size in the base unit, other spellings), the smallest first.
_FAMILIES: dict[str, list[tuple[str, Fraction, str]]] = {
    "time": [
        ("ms", Fraction(1, 1000), "millisecond milliseconds"),
        ("seconds", Fraction(1), "s sec secs second"),
        ("minutes", Fraction(60), "min mins minute"),
        ("hours", Fraction(3600), "h hr hrs hour"),
        ("days", Fraction(86400), "d day"),
    ],
    "data": [
        ("bit", Fraction(1, 8), "bits"),
        ("B", Fraction(1), "byte bytes octet octets o"),
        ("kbit", Fraction(125), "kbits kilobit kilobits"),
        ("Mbit", Fraction(125_000), "mbits megabit megabits"),
        ("Gbit", Fraction(125_000_000), "gbits gigabit gigabits"),
        ("kB", Fraction(1000), "ko kilobyte kilobytes"),
        ("KiB", Fraction(2**10), "kibibyte kibibytes"),
        ("MB", Fraction(1000**2), "mo megabyte megabytes"),
        ("MiB", Fraction(2**20), "mebibyte mebibytes"),
        ("GB", Fraction(1000**3), "go gigabyte gigabytes"),
        ("GiB", Fraction(2**30), "gibibyte gibibytes"),
        ("TB", Fraction(1000**4), "to terabyte terabytes"),
        ("TiB", Fraction(2**40), "tebibyte tebibytes"),
        ("PB", Fraction(1000**5), "petabyte petabytes"),
        ("PiB", Fraction(2**50), "pebibyte pebibytes"),
    ],
    "count": [
        ("units", Fraction(1), "unit count counts piece pieces each"),
        ("messages", Fraction(1), "message msg msgs text texts sms mms"),
        ("events", Fraction(1), "event call calls session sessions"),
    ],
}
BASE = {"time": "seconds", "data": "B", "count": "units"}
# What people read in a list: shown in these units, whatever spelling came in.
FALLBACKS = {
    "time": ("hours", "minutes", "seconds", "ms"),
    "data": ("TB", "GB", "MB", "kB", "B", "bit"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: how it is written, what it measures, and how many base units it holds."""

    name: str
    family: str
    factor: Fraction


def _known() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for family, rows in _FAMILIES.items():
        for name, factor, spellings in rows:
            found |= {word.casefold(): Unit(name, family, factor) for word in (name, *spellings.split())}
    return found


KNOWN = _known()  # by every spelling in small letters


def unit_of(text: str) -> Unit:
    """The unit that the text names; none named counts pieces, and an unknown one converts to nothing but itself."""
    word = text.strip()
    if not word:
        return KNOWN["units"]
    if word.isascii() and (known := KNOWN.get(word.lower())):
        return known
    if word.upper() in EXPONENTS:
        return Unit(word.upper(), word.upper(), Fraction(1))
    if len(word) > _LONGEST_UNIT:
        raise _refused(f"The unit is longer than {_LONGEST_UNIT} characters.")
    return Unit(word, f"other:{word.casefold()}", Fraction(1))


def checked(amount: object) -> Decimal:
    """The amount as it came in; 400 when it is no number, or has more digits than are kept."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal | str):
        raise _refused("An amount is a number.")
    try:
        number = Decimal(amount)
    except ArithmeticError:
        raise _refused("An amount is a number.") from None
    if not number.is_finite():
        raise _refused("An amount is a finite number.")
    if number and number.adjusted() >= DIGITS:
        raise _refused(f"An amount has at most {DIGITS} digits before the decimal point.")
    if (number and number.adjusted() < -DECIMALS) or _decimal(Fraction(number)) is None:
        raise _refused(f"An amount has at most {DECIMALS} decimals.")
    return number


def to_base(amount: object, units: str) -> Decimal:
    """The amount in the base unit of its family, exactly; 400 when it cannot be kept exactly."""
    value = Fraction(checked(amount)) * unit_of(units).factor
    if abs(value) >= MOST:
        raise _refused(f"{amount} {units} is more than is kept.")
    exact = _decimal(value)
    if exact is None:
        raise _refused(f"{amount} {units} cannot be kept exactly with {DECIMALS} decimals.")
    return exact


def shown(amount: Decimal, units: str) -> tuple[Decimal, str]:
    """An amount of base units in the unit, or else in the largest smaller one in which it is exact."""
    unit = unit_of(units)
    exact = _decimal(Fraction(amount) / unit.factor)
    if exact is not None:
        return plain(exact), units
    for name in FALLBACKS.get(unit.family, ()):
        smaller = KNOWN[name.casefold()]
        if smaller.factor < unit.factor and (exact := _decimal(Fraction(amount) / smaller.factor)) is not None:
            return plain(exact), name
    return plain(amount), BASE.get(unit.family, units)


def quantity(amount: Decimal, units: str) -> dict[str, object]:
    """The amount of base units as a Quantity of the wire, always with its amount: without one it would mean 1."""
    number, name = shown(amount, units)
    return {"amount": int(number) if number == number.to_integral_value() else number, "units": name}


def text(amount: Decimal, units: str) -> str:
    """The amount of base units for people, such as 3 GB or 1.50 EUR."""
    number, name = shown(amount, units)
    return f"{digits(number, name)} {name}".strip()


def digits(number: Decimal, units: str) -> str:
    """The number for people, with all its decimals, and as many as the currency has."""
    decimals = max(EXPONENTS.get(units, 0), -int(number.as_tuple().exponent))
    return f"{number:,.{decimals}f}"


def base_of(units: str) -> str:
    """The name of the base unit of the unit's family."""
    unit = unit_of(units)
    return BASE.get(unit.family, unit.name)


def same_family(one: str, other: str) -> bool:
    """Whether amounts of the two units can be added up."""
    return unit_of(one).family == unit_of(other).family


def plain(number: Decimal) -> Decimal:
    """The number without trailing zeros and without exponent."""
    short = number.normalize()
    return short.quantize(Decimal(1)) if int(short.as_tuple().exponent) > 0 else short


def _decimal(value: Fraction) -> Decimal | None:
    """The value with at most six decimals; None when it has more."""
    scaled = value * _SCALE
    if scaled.denominator != 1:
        return None
    return Decimal(scaled.numerator).scaleb(-DECIMALS)


def _refused(message: str) -> TmfError:
    return TmfError(400, "invalidQuantity", "The amount cannot be taken.", message)
