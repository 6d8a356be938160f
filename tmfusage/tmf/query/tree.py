"""The tree that every spelling of a filter becomes: terms under AND and OR."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One attribute compared with one or more values, any of which may match."""

    path: tuple[str, ...]
    operator: str
    values: tuple[str, ...]

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


Node = Term | And | Or
EVERYTHING = And(())
