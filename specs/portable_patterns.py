"""RE2 expressions rewritten in the syntax that RE2, ECMA-262 and Python read alike, for JSON Schema's `pattern`.

`\\d`, `\\w`, `\\s` and `.` become the classes of characters that RE2 means by them. What has no such form
(flags, Unicode classes, word boundaries, quoting) makes an expression not portable.
"""

import re

SHORTHANDS = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r "}
_CONTROLS = {"t": r"\t", "n": r"\n", "f": r"\f", "r": r"\r", "v": r"\v", "a": r"\x07"}
_SYNTAX = frozenset(r"^$\.*+?()[]{}|/")
_COUNT = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_HEXADECIMAL = re.compile(r"\\x[0-9A-Fa-f]{2}")
_NAMED_GROUP = re.compile(r"\(\?P?<[A-Za-z0-9_]+>")


class _NotPortableError(ValueError):
    """The expression uses what only RE2 understands."""


def portable(text: str) -> str | None:
    """The expression, anchored at both ends, for JSON Schema; None when it cannot be said there."""
    try:
        body = "".join(_Translation(text).pieces())
    except _NotPortableError:
        return None
    anchored = body.startswith("^") and body.endswith("$") and not body.endswith("\\$") and "|" not in body
    return body if anchored else f"^(?:{body})$"


class _Translation:
    """Reads an expression that RE2 accepts, piece by piece."""

    def __init__(self, text: str):
        self.text = text
        self.at = 0
        # What stood before: a quantifier may follow an atom, and only a lazy `?` another quantifier.
        self.before = ""

    def pieces(self):
        while self.at < len(self.text):
            yield self._piece()

    def _take(self, length: int) -> str:
        taken = self.text[self.at : self.at + length]
        self.at += length
        return taken

    def _piece(self) -> str:
        char = self.text[self.at]
        count = _COUNT.match(self.text, self.at)
        if char in "*+?" or count:
            return self._quantifier(count.end() - count.start() if count else 1)
        self.before = "atom"
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._class()
        if char == "(":
            return self._group()
        self.at += 1
        if char in "^$":
            self.before = "assertion"
        return {".": r"[^\n]", "{": r"\{", "}": r"\}", "]": r"\]"}.get(char, char)

    def _quantifier(self, length: int) -> str:
        taken = self._take(length)
        if self.before == "assertion" or (self.before == "quantifier" and taken != "?") or self.before == "lazy":
            raise _NotPortableError
        self.before = "lazy" if self.before == "quantifier" else "quantifier"
        return taken

    def _group(self) -> str:
        named = _NAMED_GROUP.match(self.text, self.at)
        if named:
            self.at = named.end()
        elif self.text.startswith("(?:", self.at):
            self.at += 3
        elif self.text.startswith("(?", self.at):
            raise _NotPortableError
        else:
            self.at += 1
        return "(?:"

    def _escape(self) -> str:
        letter = self.text[self.at + 1]
        if letter in "Az":
            self.at += 2
            self.before = "assertion"
            return "^" if letter == "A" else "$"
        if letter.lower() in SHORTHANDS:
            self.at += 2
            return f"[{'^' if letter.isupper() else ''}{SHORTHANDS[letter.lower()]}]"
        return self._character()

    def _character(self) -> str:
        """The next single character, escaped where it must be."""
        hexadecimal = _HEXADECIMAL.match(self.text, self.at)
        if hexadecimal:
            self.at = hexadecimal.end()
            return hexadecimal.group()
        char = self._take(1)
        if char == "\\":
            char = self._take(1)
            if char in _CONTROLS:
                return _CONTROLS[char]
            if char.isalnum():
                raise _NotPortableError
        return f"\\{char}" if char in _SYNTAX else char

    def _class(self) -> str:
        self.at += 1
        parts = ["["]
        if self.text[self.at] == "^":
            parts.append(self._take(1))
        first = True
        while first or self.text[self.at] != "]":
            parts.append(self._class_item())
            first = False
        self.at += 1
        return "".join([*parts, "]"])

    def _class_item(self) -> str:
        if self.text.startswith("[:", self.at):
            raise _NotPortableError
        following = self.text[self.at + 1 : self.at + 2]
        if self.text[self.at] == "\\" and following.lower() in SHORTHANDS:
            if following.isupper():
                raise _NotPortableError
            self.at += 2
            return SHORTHANDS[following]
        low = self._class_character()
        if self.text[self.at] == "-" and self.text[self.at + 1] != "]":
            self.at += 1
            return f"{low}-{self._class_character()}"
        return low

    def _class_character(self) -> str:
        char = self._character()
        return r"\-" if char == "-" else char
