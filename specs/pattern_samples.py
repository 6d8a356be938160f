"""A text that a regular expression matches, for samples: simple expressions only, and always verified."""

import re
from collections.abc import Callable

from specs.patterns import LONGEST_VALUE, pattern
from specs.portable_patterns import portable

# Makes a piece of text; the number varies the characters.
Maker = Callable[[int], str]

_COUNT = re.compile(r"\{([0-9]+)(,?)([0-9]*)\}")
_CONTROLS = {"t": "\t", "n": "\n", "f": "\f", "r": "\r", "v": "\v"}
_ORDINARY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ -_.:/+@#"
MOST_VARIANTS = 8


def matching(text: str, variant: int = 0) -> str | None:
    """A text that the expression matches as a whole; None when none could be made. Variants usually differ."""
    readable = portable(text)
    expression = pattern(text)
    if readable is None or expression.fault:
        return None
    for attempt in range(variant, variant + MOST_VARIANTS):
        made = _Maker(readable, attempt).alternatives()(attempt)
        if len(made) <= LONGEST_VALUE and expression.matches(made):
            return made
    return None


class _Maker:
    """Reads a portable expression and makes a text of it."""

    def __init__(self, text: str, variant: int):
        self.text = text
        self.at = 0
        self.variant = variant

    def alternatives(self) -> Maker:
        """One of the alternatives, up to the end or the closing parenthesis."""
        ways = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            ways.append(self._sequence())
        return ways[self.variant % len(ways)]

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _sequence(self) -> Maker:
        parts: list[Maker] = []
        while self._next() not in {"", "|", ")"}:
            parts.append(self._repeated(self._atom()))
        return lambda number: "".join(part(number + place) for place, part in enumerate(parts))

    def _repeated(self, atom: Maker) -> Maker:
        times = self._times()
        if self._next() == "?":
            self.at += 1
        return lambda number: "".join(atom(number + place) for place in range(times))

    def _times(self) -> int:
        """How often a quantifier repeats what is before it: a few times more than it must."""
        char = self._next()
        if char and char in "*+?":
            self.at += 1
            return 1 if char == "?" else 3
        count = _COUNT.match(self.text, self.at)
        if not count:
            return 1
        self.at = count.end()
        least = int(count.group(1))
        if not count.group(2):
            return least
        most = int(count.group(3)) if count.group(3) else least + 4
        return least + min(4, (most - least + 1) // 2)

    def _atom(self) -> Maker:
        char = self._next()
        if char == "(":
            self.at += 3
            inner = self.alternatives()
            self.at += 1
            return inner
        if char == "[":
            return self._class()
        if char in "^$":
            self.at += 1
            return lambda _number: ""
        literal = self._character()
        return lambda _number: literal

    def _character(self) -> str:
        char = self.text[self.at]
        self.at += 1
        if char != "\\":
            return char
        char = self.text[self.at]
        self.at += 1
        if char == "x":
            self.at += 2
            return chr(int(self.text[self.at - 2 : self.at], 16))
        return _CONTROLS.get(char, char)

    def _class(self) -> Maker:
        self.at += 1
        negated = self._next() == "^"
        self.at += negated
        spans = []
        while self._next() != "]":
            low = high = self._character()
            if self._next() == "-":
                self.at += 1
                high = self._character()
            spans.append((ord(low), ord(high)))
        self.at += 1
        if negated:
            allowed = [char for char in _ORDINARY if not any(low <= ord(char) <= high for low, high in spans)]
        else:
            allowed = [chr(code) for low, high in spans for code in range(low, min(high, low + 63) + 1)]
        return lambda number: allowed[number % len(allowed)] if allowed else ""
