"""The words of a JSONPath filter, each with its position."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tmfusage.tmf.refusals import TmfError, invalid_query

_WORDS = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)
  | (?P<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
  | (?P<regex>/(?:[^/\\]|\\.)+/i?)
  | (?P<operator>==|!=|<=|>=|=~|&&|\|\||[<>!])
  | (?P<mark>\.\.|[$@.*?()\[\]:,])
  | (?P<name>[^\W\d][\w-]*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the expression: its kind, its text, and where it stands."""

    kind: str
    text: str
    position: int


def unsupported(message: str) -> TmfError:
    """The 501 that names the part of a query which is not supported."""
    return TmfError(501, "notImplemented", "This part of the query is not supported.", message)


class Words:
    """The words of one expression, read from left to right; `source` is the parameter that complaints name."""

    def __init__(self, expression: str, source: str = "filter"):
        self.source = source
        self.words = list(self._split(expression))
        self.index = 0

    @property
    def next(self) -> Word:
        """The word at hand; the end is a word of kind `end`."""
        return self.words[self.index]

    def take(self) -> Word:
        """The word at hand, which is then behind us."""
        word = self.next
        self.index += word.kind != "end"
        return word

    def have(self, *texts: str) -> bool:
        """Take the next words if they are these."""
        ahead = self.words[self.index : self.index + len(texts)]
        if [word.text for word in ahead if word.kind not in {"string", "end"}] != list(texts):
            return False
        self.index += len(texts)
        return True

    def expect(self, text: str) -> None:
        """Take the word; 400 when it is another."""
        if not self.have(text):
            raise self.malformed(f"expected {text}")

    def malformed(self, what: str) -> TmfError:
        """The 400 that points at the position."""
        word = self.next
        found = "the end" if word.kind == "end" else word.text[:40]
        return invalid_query(f"{self.source}: {what}, found {found} at position {word.position + 1}.")

    def unsupported(self, what: str) -> TmfError:
        """The 501 that names the part."""
        return unsupported(f"{self.source}: {what}, at position {self.next.position + 1}.")

    def _split(self, expression: str) -> Iterator[Word]:
        position = 0
        while position < len(expression):
            match = _WORDS.match(expression, position)
            if match is None or match.lastgroup is None:
                found = expression[position]
                raise invalid_query(f"{self.source}: {found} has no meaning at position {position + 1}.")
            if match.lastgroup != "space":
                yield Word(match.lastgroup, match.group(), position)
            position = match.end()
        yield Word("end", "", position)
