r"""Patterns of clients: only what PostgreSQL surely understands and never takes long for.

Literals, `.`, classes, groups, `|`, anchors, `* + ?` and `{m,n}` up to 100, none of them counted within another, and
the escapes of single characters, `\d \D \w \W \s \S`. Back-references, look-around and the rest of Perl are refused:
a back-reference alone can keep PostgreSQL busy for minutes. Python's `re` never sees a pattern of a client.
"""

import re

from django.conf import settings

from tmfusage.tmf.refusals import TmfError, invalid_query

MAX_COUNT = 100
MAX_GROUPS = 16
_CLASSES = frozenset("dDwWsS")
_ESCAPABLE = frozenset(r".[]{}()*+?^$|\/-'\"#&~=<>!:,;@%_ `")
_COUNT = re.compile(r"\{([0-9]{1,3})(?:(,)([0-9]{1,3})?)?\}", re.ASCII)


def checked_pattern(pattern: str) -> str:
    """The pattern; 400 that says what is not supported, and where."""
    if len(pattern) > settings.API_MAX_PATTERN:
        raise invalid_query(f"A regular expression is longer than {settings.API_MAX_PATTERN} characters.")
    _Scanner(pattern).scan()
    return pattern


class _Scanner:
    """Reads a pattern once; knows for each open group whether something in it is counted."""

    def __init__(self, pattern: str):
        self.pattern = pattern
        self.position = 4 if pattern.startswith("(?i)") else 0
        self.counted = [False]

    def scan(self) -> None:
        repeatable = counted = False
        while self.position < len(self.pattern):
            char = self.pattern[self.position]
            if char in "*+?{":
                self.repetition(repeatable, counted)
                repeatable = False
                continue
            repeatable, counted = True, False
            if char == "(":
                self.open()
                repeatable = False
            elif char == ")":
                counted = self.close()
            elif char == "[":
                self.bracket()
            elif char == "\\":
                self.escape()
            else:
                repeatable = char not in "|^$"
                self.position += 1
        if len(self.counted) > 1:
            raise self.refused("a parenthesis is not closed")

    def open(self) -> None:
        if self.pattern.startswith("(?", self.position):
            if not self.pattern.startswith("(?:", self.position):
                raise self.refused("this kind of group is not supported")
            self.position += 2
        self.position += 1
        self.counted.append(False)
        if len(self.counted) > MAX_GROUPS:
            raise self.refused(f"more than {MAX_GROUPS} groups are nested")

    def close(self) -> bool:
        if len(self.counted) == 1:
            raise self.refused("a parenthesis was not opened")
        self.position += 1
        counted = self.counted.pop()
        self.counted[-1] = self.counted[-1] or counted
        return counted

    def repetition(self, repeatable: bool, counted: bool) -> None:
        if not repeatable:
            raise self.refused("there is nothing to repeat")
        if self.pattern[self.position] == "{":
            match = _COUNT.match(self.pattern, self.position)
            if match is None:
                raise self.refused(r"expected a count such as {2,5}, or \{")
            least, most = int(match[1]), int(match[3] or match[1])
            if not least <= most <= MAX_COUNT:
                raise self.refused(f"a count goes from 0 to {MAX_COUNT}")
            if counted:
                raise self.refused("a counted repetition within another is not supported")
            self.counted[-1] = True
            self.position = match.end()
        else:
            self.position += 1
        if self.pattern.startswith("?", self.position):
            self.position += 1

    def escape(self) -> None:
        following = self.pattern[self.position + 1 : self.position + 2]
        if (following not in _ESCAPABLE and following not in _CLASSES) or not following:
            raise self.refused(f"the escape \\{following} is not supported")
        self.position += 2

    def bracket(self) -> None:
        """A class such as `[^a-z0-9]`: characters, ranges that ascend, and escapes of single characters."""
        self.position += 1
        if self.pattern.startswith("^", self.position):
            self.position += 1
        characters = 0
        while not self.pattern.startswith("]", self.position):
            first = self.class_character()
            characters += 1
            ranged = self.pattern.startswith("-", self.position)
            if ranged and not self.pattern.startswith("-]", self.position):
                self.position += 1
                if len(first) > 1 or len(last := self.class_character()) > 1 or last < first:
                    raise self.refused("a range of characters does not ascend")
        if not characters:
            raise self.refused("a class of characters is empty")
        self.position += 1

    def class_character(self) -> str:
        """The character, or the name of a class of them."""
        char = self.pattern[self.position : self.position + 1]
        if not char:
            raise self.refused("a bracket is not closed")
        if char == "[":
            raise self.refused(r"a bracket within brackets is written \[")
        if char == "\\":
            start = self.position
            self.escape()
            char = self.pattern[start + 1]
            if char in "DWS":
                raise self.refused(f"the escape \\{char} is not supported within brackets")
            return f"\\{char}" if char in _CLASSES else char
        self.position += 1
        return char

    def refused(self, why: str) -> TmfError:
        return invalid_query(f"The regular expression cannot be used: {why}, at position {self.position + 1}.")
