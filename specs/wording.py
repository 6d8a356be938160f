"""How messages show names and values: short, printable, and cheap however large the value is."""

from typing import Any

from specs.value_types import NUMBERS, number_text

LONGEST = 80
MOST_CHOICES = 12


def cut(text: str, longest: int = LONGEST) -> str:
    """The text on one line and cut; what cannot be printed is replaced."""
    short = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text[: longest + 1])
    return short if len(short) <= longest else short[: longest - 1] + "…"


def shown(value: Any) -> str:
    """The value as JSON would write it, cut; of objects and arrays only their size."""
    kind = type(value)
    if kind is str:
        return f'"{cut(value)}"'
    if kind in NUMBERS:
        return cut(number_text(value))
    if kind is dict:
        return f"an object of {counted(len(value), 'member')}"
    if kind is list:
        return f"an array of {counted(len(value), 'element')}"
    return {True: "true", False: "false", None: "null"}.get(value, kind.__name__)


def found(value: Any) -> str:
    """The value with its JSON type, for messages about types."""
    if type(value) is str:
        return f"the string {shown(value)}"
    return f"the number {shown(value)}" if type(value) in NUMBERS else shown(value)


def counted(count: int, noun: str) -> str:
    """The count with its noun: 1 value, 2 values."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def either(choices: list[str]) -> str:
    """The choices joined for a sentence; of many only the first ones."""
    if len(choices) <= MOST_CHOICES:
        return " or ".join(filter(None, (", ".join(choices[:-1]), choices[-1])))
    return f"{', '.join(choices[:MOST_CHOICES])} … ({len(choices)} in all)"
