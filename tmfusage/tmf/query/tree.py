"""The tree that every spelling of a filter becomes.

`Term` is an attribute filter (`a.b.gte=1`); `Compare` and `Exists` come from JSONPath, where a `Path` leads from the
element at hand to any number of values, possibly through conditions on the elements that it passes.
Every operator is one of eq, ne, gt, gte, lt, lte, regex.
"""

from dataclasses import dataclass, field
from decimal import Decimal

Literal = str | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Term:
    """One attribute compared with one or more values, any of which may match."""

    path: tuple[str, ...]
    operator: str
    values: tuple[str, ...]
    # Whether an operator was written: `x.eq=1` names an attribute for sure, `x=1` may be a parameter of another API.
    explicit: bool = field(default=False, compare=False)

    @property
    def name(self) -> str:
        """The attribute as the client wrote it."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class And:
    """All parts must match; no parts match everything."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one part must match."""

    parts: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not match."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class Member:
    """The member of an object; of an array, that of each of its elements."""

    name: str


@dataclass(frozen=True, slots=True)
class Members:
    """`.*`: every member of an object; of an array, those of each of its elements."""


@dataclass(frozen=True, slots=True)
class Elements:
    """`[*]`: every element of an array; any other value is itself."""


@dataclass(frozen=True, slots=True)
class Slice:
    """`[1]`, `[-1]`, `[0:2]`: elements by position as Python slices them; no array is like an array of one."""

    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """The elements on which a condition holds."""

    condition: "Node"


Step = Member | Members | Elements | Slice | Where


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from the element at hand to any number of values."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Function:
    """`length`, `min`, `max` or `avg` of what the path leads to."""

    name: str
    path: Path


Operand = Path | Function | Literal


@dataclass(frozen=True, slots=True)
class Compare:
    """Some value of the left side stands in the relation to some value of the right side."""

    left: Operand
    operator: str
    right: Operand


@dataclass(frozen=True, slots=True)
class Exists:
    """The path leads to at least one value other than null."""

    path: Path


Node = Term | And | Or | Not | Compare | Exists
EVERYTHING = And(())


def all_of(parts: list[Node]) -> Node:
    """The parts under AND; a single one is itself."""
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def any_of(parts: list[Node]) -> Node:
    """The parts under OR; a single one is itself."""
    return parts[0] if len(parts) == 1 else Or(tuple(parts))
