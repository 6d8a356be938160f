"""What a dotted attribute name stands for: a column of the model, or a place in the document."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from rest_framework import serializers

from tmfusage.tmf.attributes import Anything
from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.serializers import Representation


@dataclass(frozen=True, slots=True)
class Column:
    """A typed, usually indexed column."""

    name: str
    kind: str
    field: serializers.Field | None


@dataclass(frozen=True, slots=True)
class Place:
    """A member of the document: its steps, each with whether it holds an array, and what it declares."""

    steps: tuple[tuple[str, bool], ...]
    field: serializers.Field | None


class Attributes:
    """The attributes of one resource in one version, by dotted name; older spellings resolve as well."""

    def __init__(self, representation: type[Representation], model: type[models.Model]):
        self.representation, self.model = representation, model

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The promoted attributes: dotted wire name to column."""
        declared = self.representation.meta("columns")
        return {wire: self._column(wire, name) for wire, name in declared.items()}

    @cached_property
    def columns_by_path(self) -> dict[tuple[str, ...], Column]:
        """The promoted attributes by their official path."""
        return {tuple(wire.split(".")): column for wire, column in self.columns.items()}

    @cached_property
    def root(self) -> Representation:
        """One instance of the declaration: its nested fields are made once."""
        return self.representation()

    def resolve(self, path: tuple[str, ...]) -> Column | Place:
        """The column or place; TmfError 400 naming the attribute when there is none."""
        if path in self.columns_by_path:
            return self.columns_by_path[path]
        steps, field = self._walk(path)
        wire = ".".join(step for step, _ in steps)
        return self.columns.get(wire) or Place(tuple(steps), field)

    def _walk(self, path: tuple[str, ...]) -> tuple[list[tuple[str, bool]], serializers.Field | None]:
        here: Any = self.root
        steps: list[tuple[str, bool]] = []
        for name in path:
            if isinstance(here, Anything):
                steps.append((name, False))
                continue
            official = here.meta("legacy").get(name, name) if isinstance(here, Representation) else name
            here = here.fields.get(official) if isinstance(here, Representation) else None
            if here is None:
                raise invalid_query(f"There is no attribute {'.'.join(path)[:80]!r} here.")
            many = isinstance(here, serializers.ListSerializer)
            here = here.child if many else here
            steps.append((official, many))
        return steps, here

    def _column(self, wire: str, name: str) -> Column:
        field = self._walk(tuple(wire.split(".")))[1]
        return Column(name, "href" if wire == "href" else _kind(self.model._meta.get_field(name)), field)


@cache
def attributes_of(representation: type[Representation], model: type[models.Model]) -> Attributes:
    """The attributes of a resource; resolved once for each."""
    return Attributes(representation, model)


def _kind(field: object) -> str:
    kinds = (
        (ArrayField, "array"),
        (models.DateTimeField, "moment"),
        (models.BooleanField, "flag"),
        ((models.IntegerField, models.DecimalField), "number"),
    )
    return next((kind for cls, kind in kinds if isinstance(field, cls)), "text")
