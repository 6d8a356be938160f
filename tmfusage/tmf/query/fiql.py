"""FIQL and RSQL, which TMF630 does not use: refused with the same filter in TMF630's form, ready to paste.

There `;` is AND, `,` is OR, and operators read `==`, `!=`, `=gt=`, `=ge=`, `=lt=`, `=le=`, `=in=`, `=out=`.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote

from tmfusage.tmf.query.splitting import Raw
from tmfusage.tmf.refusals import invalid_query

_WORD_OPERATOR = re.compile(r"=(?:gt|ge|lt|le|in|out)=", re.IGNORECASE)
_FILTER = re.compile(r"(?:^|[&;])filter=((?:(?!;filter=)[^&])*)")
_WORDS = re.compile(
    r"\s*(?:(?P<operator>=[a-z]+=|==|!=|<=|>=|<|>)|(?P<mark>[();,])"
    r"|(?P<quoted>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")|(?P<bare>[^\s'\"();,<>=!]+))",
    re.IGNORECASE,
)
_OPERATORS = {
    "==": "==",
    "!=": "!=",
    **dict.fromkeys(("=gt=", ">"), ">"),
    **dict.fromkeys(("=ge=", ">="), ">="),
    **dict.fromkeys(("=lt=", "<"), "<"),
    **dict.fromkeys(("=le=", "<="), "<="),
    "=in=": "in",
    "=out=": "out",
}
_SUFFIXES = {"==": "", "in": "", "!=": ".ne", "out": ".ne", ">": ".gt", ">=": ".gte", "<": ".lt", "<=": ".lte"}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_NAME = re.compile(r"@?[A-Za-z_][\w.@-]*")
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class _Comparison:
    name: str
    operator: str
    values: tuple[str, ...]
    quoted: bool


@dataclass(frozen=True, slots=True)
class _Group:
    """Parts under AND (`;`) or OR (`,`)."""

    mark: str
    parts: tuple["_Node", ...]


_Node = _Comparison | _Group


def refuse_fiql(raw: Raw) -> None:
    """400 with the translation when the query is written in FIQL or RSQL; anything else passes."""
    if "=" not in raw.text:
        return
    others = _FILTER.sub("", raw.text).split("&")
    suspects = [match[1] for match in _FILTER.finditer(raw.text)]
    for each in [*suspects, *filter(_WORD_OPERATOR.search, others)]:
        translated = translate(raw.decode(each)) if each and "\x00" not in each else None
        if translated:
            raise invalid_query(f"This is FIQL or RSQL. The same filter in TMF630's form is: {translated}")


def translate(text: str) -> str | None:
    """The FIQL or RSQL expression as TMF630 filters, percent-encoded where needed; None when it is none."""
    try:
        reader = _Reader(text)
        node = reader.alternatives(0)
    except _NotFiql:
        return None
    if reader.words:
        return None
    return _as_attributes(node) or "filter=" + quote(f"$[?({_as_jsonpath(node)})]", safe="$[]?()@.'=!*:~-_")


class _NotFiql(Exception):
    """The text is something else."""


class _Reader:
    """Recursive descent: alternatives of conjunctions of comparisons."""

    def __init__(self, text: str):
        self.words: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _WORDS.match(text, position)
            if match is None or match.lastgroup is None:
                raise _NotFiql
            self.words.append((match.lastgroup, match[match.lastgroup]))
            position = match.end()

    def have(self, mark: str) -> bool:
        found = bool(self.words) and self.words[0] == ("mark", mark)
        if found:
            self.words.pop(0)
        return found

    def take(self, *kinds: str) -> tuple[str, str]:
        if not self.words or self.words[0][0] not in kinds:
            raise _NotFiql
        return self.words.pop(0)

    def alternatives(self, depth: int) -> _Node:
        return self.joined(",", lambda: self.conjunction(depth))

    def conjunction(self, depth: int) -> _Node:
        return self.joined(";", lambda: self.part(depth))

    def joined(self, mark: str, part) -> _Node:
        parts = [part()]
        while self.have(mark):
            parts.append(part())
        return parts[0] if len(parts) == 1 else _Group(mark, tuple(parts))

    def part(self, depth: int) -> _Node:
        if depth > _DEEPEST:
            raise _NotFiql
        if not self.have("("):
            return self.comparison()
        node = self.alternatives(depth + 1)
        if not self.have(")"):
            raise _NotFiql
        return node

    def comparison(self) -> _Comparison:
        name = self.take("bare")[1]
        operator = _OPERATORS.get(self.take("operator")[1].lower())
        if operator is None or not _NAME.fullmatch(name):
            raise _NotFiql
        words = [self.take("bare", "quoted")] if not self.have("(") else self.values()
        values = tuple(text[1:-1].replace("\\", "") if kind == "quoted" else text for kind, text in words)
        return _Comparison(name, operator, values, any(kind == "quoted" for kind, _ in words))

    def values(self) -> list[tuple[str, str]]:
        words = [self.take("bare", "quoted")]
        while self.have(","):
            words.append(self.take("bare", "quoted"))
        if not self.have(")"):
            raise _NotFiql
        return words


def _as_attributes(node: _Node) -> str | None:
    """Attribute filters, which know AND within OR, and where a repeated attribute is OR; None when that is not it."""
    groups = []
    for group in node.parts if isinstance(node, _Group) and node.mark == "," else (node,):
        parts = group.parts if isinstance(group, _Group) else (group,)
        comparisons = [part for part in parts if isinstance(part, _Comparison)]
        names = {(part.name, _SUFFIXES[part.operator]) for part in comparisons}
        if len(comparisons) < len(parts) or len(names) < len(parts):
            return None
        if sum(1 for part in comparisons if _excludes(part)) > 1:
            # Several `filter` are alternatives.
            return None
        groups.append("&".join(_attribute(part) for part in comparisons))
    return ";".join(groups)


def _excludes(part: _Comparison) -> bool:
    """Whether it excludes a pattern, which attribute filters cannot."""
    return part.operator == "!=" and "*" in part.values[0]


def _attribute(part: _Comparison) -> str:
    values = ",".join(quote(value, safe=":@*") for value in part.values)
    if _excludes(part):
        return f"filter={_negated(part)}"
    if part.operator == "==" and "*" in part.values[0]:
        return f"{part.name}.regex={quote(_pattern(part.values[0]), safe='^$.*')}"
    return f"{part.name}{_SUFFIXES[part.operator]}={values}"


def _negated(part: _Comparison) -> str:
    return quote(f"$[?({_as_jsonpath(part)})]", safe="$[]?()@.'=!*:~-_")


def _pattern(value: str) -> str:
    """FIQL's asterisk stands for any characters."""
    return "^" + ".*".join(re.sub(r"([.\[\]{}()+?^$|\\])", r"\\\1", piece) for piece in value.split("*")) + "$"


def _as_jsonpath(node: _Node) -> str:
    if isinstance(node, _Group):
        word = " && " if node.mark == ";" else " || "
        parts = [_as_jsonpath(part) for part in node.parts]
        return word.join(f"({each})" if word == " && " and " || " in each else each for each in parts)
    values = [_literal(value, node.quoted) for value in node.values]
    if node.operator in {"==", "!="} and "*" in node.values[0]:
        found = f"@.{node.name} =~ {_literal(_pattern(node.values[0]), True)}"
        return found if node.operator == "==" else f"!({found})"
    if node.operator == "in":
        return " || ".join(f"@.{node.name}=={value}" for value in values)
    if node.operator == "out":
        return " && ".join(f"@.{node.name}!={value}" for value in values)
    return f"@.{node.name}{node.operator}{values[0]}"


def _literal(value: str, quoted: bool) -> str:
    if value in {"true", "false"} or (_NUMBER.fullmatch(value) and not quoted):
        return value
    text = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"
