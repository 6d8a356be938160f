"""`filter=`: a JSONPath expression becomes a tree (TMF630 Part 6).

The leading `$` may be left out, and so may the dot after `@` (the official example writes `@size`). A condition at the
root, `$[?(…)]`, is one on the resource; behind a member it is one on that member's elements, so that several
comparisons hold on the same element.
"""

import re
from collections.abc import Iterator
from decimal import Decimal

from django.conf import settings

from tmfusage.tmf.query.tokens import Words
from tmfusage.tmf.query.tree import (
    And,
    Compare,
    Elements,
    Exists,
    Function,
    Literal,
    Member,
    Members,
    Node,
    Not,
    Operand,
    Or,
    Path,
    Slice,
    Step,
    Term,
    Where,
    all_of,
    any_of,
)
from tmfusage.tmf.refusals import invalid_query

FUNCTIONS = ("length", "min", "max", "avg")
OPERATORS = {"==": "eq", "!=": "ne", "<=": "lte", ">=": "gte", "<": "lt", ">": "gt", "=~": "regex"}
# Members that begin with an at sign themselves: `@type` means one of them, `@size` the member size.
AT_NAMES = ("type", "baseType", "schemaLocation", "referredType", "valueSchemaLocation")
# Other backslashes stay, for `=~ '\d+'` is meant as it stands.
_ESCAPES = re.compile(r"\\(['\"\\])")
_WORDS = {"true": True, "false": False, "null": None}


def parse_filter(expression: str) -> Node:
    """The tree; 400 that points at the position of a mistake, 501 that names what is not supported."""
    words = Words(expression)
    words.have("$")
    if words.next.kind == "end":
        raise words.malformed("expected a condition such as [?(@.status=='rated')]")
    return _rooted(_all_steps(words))


def parse_path(text: str, source: str) -> tuple[Step, ...]:
    """The steps of an attribute name with conditions, `note[?(@.author=='X')].text`; `source` for complaints."""
    return _all_steps(Words(text, source))


def parse_name(name: str, operator: str, values: tuple[str, ...]) -> Node:
    """An attribute filter whose name holds a condition, `relatedParty[?(@referredType==Individual)].id=1`."""
    steps = list(parse_path(name, name[:80]))
    tail: list[str] = []
    while steps and isinstance(last := steps[-1], Member):
        tail.insert(0, last.name)
        steps.pop()
    if not tail:
        raise invalid_query(f"{name[:80]} is an object; name one of its members behind the condition.")
    term = Term(tuple(tail), operator, values, explicit=True)
    return _rooted((*steps, Where(term)))


def _all_steps(words: Words) -> tuple[Step, ...]:
    steps = _Parser(words).steps(first=True)
    if words.next.kind != "end" or not steps:
        raise words.malformed("expected a step such as .name or [?(@.name=='x')]")
    return steps


def _rooted(steps: tuple[Step, ...]) -> Node:
    """`$[*]` and `$[?(…)]` speak of the collection; anything else of the resource."""
    if isinstance(steps[0], Elements) and len(steps) > 1:
        steps = steps[1:]
    conditions: list[Node] = []
    while steps and isinstance(first := steps[0], Where):
        conditions.append(first.condition)
        steps = steps[1:]
    return all_of([*conditions, Exists(Path(steps))] if steps else conditions)


class _Parser:
    """Recursive descent over the words."""

    def __init__(self, words: Words):
        self.words = words
        self.depth = 0

    def steps(self, first: bool = False) -> tuple[Step, ...]:
        steps: list[Step] = []
        while (step := self.step(first and not steps)) is not None:
            steps.append(step)
            if len(steps) > 2 * settings.API_MAX_QUERY_DEPTH:
                raise invalid_query(f"{self.words.source}: a path has too many steps.")
        return tuple(steps)

    def step(self, first: bool) -> Step | None:
        if self.words.have(".."):
            raise self.words.unsupported("the descent ..")
        if self.words.have("["):
            return self.bracket()
        if self.words.have("."):
            return self.member()
        if first and (self.words.next.kind == "name" or self.words.next.text == "@"):
            return self.member()
        return None

    def member(self) -> Step:
        if self.words.have("*"):
            return Members()
        prefix = "@" if self.words.have("@") else ""
        if self.words.next.kind != "name":
            raise self.words.malformed("expected the name of a member")
        return Member(prefix + self.words.take().text)

    def bracket(self) -> Step:
        if self.words.have("*"):
            step: Step = Elements()
        elif self.words.have("?"):
            step = Where(self.condition())
        elif self.words.next.kind == "string":
            step = Member(self.string())
        elif self.words.next.text == "(":
            raise self.words.unsupported("a script expression")
        else:
            step = self.slice()
        if self.words.next.text == ",":
            raise self.words.unsupported("a list of names or positions")
        self.words.expect("]")
        return step

    def slice(self) -> Slice:
        start = self.integer()
        if start is not None and self.words.next.text in {"]", ","}:
            return Slice(start, start + 1 if start != -1 else None)
        self.words.expect(":")
        end = self.integer()
        if self.words.have(":") and self.integer() not in {None, 1}:
            raise self.words.unsupported("a slice with steps")
        return Slice(start, end)

    def integer(self) -> int | None:
        word = self.words.next
        if word.kind != "number":
            return None
        if not re.fullmatch(r"-?[0-9]{1,6}", word.text):
            raise self.words.malformed("expected a position")
        return int(self.words.take().text)

    def condition(self) -> Node:
        self.depth += 1
        if self.depth > settings.API_MAX_QUERY_DEPTH:
            limit = settings.API_MAX_QUERY_DEPTH
            raise invalid_query(f"{self.words.source}: conditions are nested deeper than {limit} levels.")
        parts = [self.conjunction()]
        while self.words.have("||"):
            parts.append(self.conjunction())
        self.depth -= 1
        return any_of(parts)

    def conjunction(self) -> Node:
        parts = [self.negation()]
        while self.words.have("&&"):
            parts.append(self.negation())
        return all_of(parts)

    def negation(self) -> Node:
        negative = False
        while self.words.have("!"):
            negative = not negative
        if self.words.have("("):
            node = self.condition()
            self.words.expect(")")
        else:
            node = self.comparison()
        return Not(node) if negative else node

    def comparison(self) -> Node:
        left = self.operand()
        operator = OPERATORS.get(self.words.next.text) if self.words.next.kind == "operator" else None
        if operator is None:
            if isinstance(left, Path):
                return Exists(left)
            raise self.words.malformed("expected a comparison")
        self.words.take()
        return Compare(left, operator, self.pattern() if operator == "regex" else self.operand())

    def operand(self) -> Operand:
        word = self.words.next
        if word.kind == "string":
            return self.string()
        if word.kind == "number":
            return Decimal(self.words.take().text)
        if self.words.have("@"):
            return self.after_at()
        if word.text == "$":
            raise self.words.unsupported("a reference to the root inside a condition")
        if word.kind == "name":
            return self.word_or_function()
        raise self.words.malformed("expected a value or @")

    def after_at(self) -> Path | Function:
        first: tuple[Step, ...] = ()
        if self.words.next.kind == "name":
            name = self.words.take().text
            first = (Member(f"@{name}" if name in AT_NAMES else name),)
        steps = first + self.steps()
        if steps and isinstance(last := steps[-1], Member) and self.words.have("(", ")"):
            return self.function(last.name, Path(steps[:-1]))
        return Path(steps)

    def word_or_function(self) -> Operand:
        word = self.words.take()
        if not self.words.have("("):
            return _WORDS.get(word.text, word.text)
        if not self.words.have("@"):
            raise self.words.malformed("expected @")
        argument = self.after_at()
        if isinstance(argument, Function):
            raise self.words.unsupported("a function of a function")
        self.words.expect(")")
        return self.function(word.text, argument)

    def function(self, name: str, path: Path) -> Function:
        if name not in FUNCTIONS:
            raise self.words.unsupported(f"the function {name[:40]}()")
        return Function(name, path)

    def pattern(self) -> Literal:
        if self.words.next.kind == "regex":
            body, _, flags = self.words.take().text[1:].rpartition("/")
            return f"(?i){body}" if flags else body
        if self.words.next.kind == "string":
            return self.string()
        raise self.words.malformed("expected a regular expression")

    def string(self) -> str:
        return _ESCAPES.sub(r"\1", self.words.take().text[1:-1])


def leaves(node: Node | Step) -> Iterator[Term | Compare | Exists]:
    """Every comparison of the tree, those in conditions included."""
    match node:
        case Where(condition):
            yield from leaves(condition)
        case Exists(path):
            inside = [leaf for step in path.steps for leaf in leaves(step)]
            yield from inside or [node]
        case Compare(left, _, right):
            yield node
            sides = [side.path if isinstance(side, Function) else side for side in (left, right)]
            steps = [step for side in sides if isinstance(side, Path) for step in side.steps]
            yield from (leaf for step in steps for leaf in leaves(step))
        case Not(part):
            yield from leaves(part)
        case Term():
            yield node
        case And(parts) | Or(parts):
            yield from (leaf for part in parts for leaf in leaves(part))
