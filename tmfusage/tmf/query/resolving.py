"""What a dotted attribute name stands for: a column of the model, or a place in the document.

Names are those of the declared representation; older spellings resolve as well. A filter may also name members that
no version declares, for they are stored and echoed: below any object in its dotted form, and on the first level where
it is clear that an attribute is meant: with an operator (`roamingPartner.eq=X`), below a dot, behind an at sign, or in
JSONPath. A bare `roamingPartner=X` could as well be a parameter that this API does not have, and is refused, as is a
name that differs from a declared one in capitals only. With STRICT_MEMBERS nothing undeclared is stored or found.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from rest_framework import serializers

from tmfusage.tmf.attributes import Anything
from tmfusage.tmf.computed import members_of
from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.serializers import Representation


@dataclass(frozen=True, slots=True)
class Column:
    """A typed, usually indexed column; `optional` ones are empty text where the attribute is absent.

    A computed attribute is one that no index knows: `expression` says what it is made of. `path` is the attribute's.
    """

    name: str
    kind: str
    field: serializers.Field | None
    optional: bool = False
    nullable: bool = True
    expression: str = ""
    path: tuple[str, ...] = ()

    @property
    def sql(self) -> str:
        """The value, as an SQL expression of the row `t`."""
        return self.expression or f't."{self.name}"'

    @property
    def present(self) -> str:
        """The value, NULL where the attribute is absent: empty text in the column may be that, or the value."""
        if not self.optional:
            return self.sql
        return f"coalesce(NULLIF({self.sql}, ''), t.document #>> '{{{','.join(self.path)}}}')"


@dataclass(frozen=True, slots=True)
class Place:
    """A member of the document: its steps, each with whether it holds an array, and what it declares."""

    steps: tuple[tuple[str, bool | None], ...]
    field: serializers.Field | None


class Attributes:
    """The attributes of one resource in one version, by dotted name; older spellings resolve as well."""

    def __init__(self, representation: type[Representation] | None, model: Any = None):
        self.representation, self.model = representation, model

    @cached_property
    def columns(self) -> dict[str, Column]:
        """The promoted attributes: dotted wire name to column."""
        declared = self.representation.meta("columns") if self.representation and self.model else {}
        return {wire: self._column(wire, name) for wire, name in declared.items()}

    @cached_property
    def columns_by_path(self) -> dict[tuple[str, ...], Column]:
        """The promoted attributes, and what is computed from columns, by their official path."""
        computed = self.model.computed if self.model else {}
        expressions = {
            wire: Column("", each.kind, self._declared(wire), expression=each.sql) for wire, each in computed.items()
        }
        return {tuple(wire.split(".")): column for wire, column in (self.columns | expressions).items()}

    @cached_property
    def undocumented(self) -> dict[str, str]:
        """First-level members that the document does not hold, as SQL expressions of jsonb."""
        if not self.model:
            return {}
        spliced = {"id": "id", "href": "id", "@type": "type", **self.model.spliced}
        return {wire: f'to_jsonb(t."{name}")' for wire, name in spliced.items()} | members_of(self.model.computed)

    @cached_property
    def root(self) -> Any:
        """One instance of the declaration: its nested fields are made once. None when nothing is declared."""
        return self.representation() if self.representation else None

    def resolve(self, path: tuple[str, ...]) -> Column | Place:
        """The column or place of a declared attribute; TmfError 400 naming the attribute when there is none."""
        here, steps = self.root, []
        for name in path:
            known = not isinstance(here, Representation) or official_name(here, name) in here.fields
            if not known:
                raise invalid_query(f"There is no attribute {'.'.join(path)[:80]} here.")
            official, here, many = self.enter(here, name, path, explicit=True)
            steps.append((official, many))
        column = self.columns_by_path.get(tuple(step for step, _ in steps))
        return column or Place(tuple(steps), here)

    def enter(self, here: Any, name: str, path: tuple[str, ...], explicit: bool) -> tuple[str, Any, bool | None]:
        """The official name of a member of `here`, what it declares, and whether it is an array; None: unknown."""
        if here is None or isinstance(here, Anything):
            return name, None, None
        if not isinstance(here, Representation):
            raise invalid_query(f"There is no attribute {'.'.join(path)[:80]} here.")
        official = official_name(here, name)
        field = here.fields.get(official)
        if field is None:
            self._check_undeclared(here, name, path, explicit)
            return name, None, None
        if isinstance(field, serializers.ListSerializer):
            return official, field.child, True
        return official, field, None if isinstance(field, Anything) else False

    def _check_undeclared(self, here: Representation, name: str, path: tuple[str, ...], explicit: bool) -> None:
        wanted = ".".join(path)[:80]
        alike = next((known for known in map(str, here.fields) if known.lower() == name.lower()), None)
        if alike:
            raise invalid_query(f"There is no attribute {wanted} here; {alike} is meant, perhaps.")
        sure = explicit or len(path) > 1 or name.startswith("@")
        if settings.STRICT_MEMBERS or (here is self.root and not sure):
            hint = "" if settings.STRICT_MEMBERS else f" An additional member is written {wanted}.eq=…"
            raise invalid_query(f"There is no attribute {wanted} here.{hint}")

    def _column(self, wire: str, name: str) -> Column:
        field = self.model._meta.get_field(name)
        kind = "href" if wire == "href" else _kind(field)
        optional = kind == "text" and field.blank and not field.null
        nullable, path = optional or field.null, tuple(wire.split("."))
        return Column(name, kind, self._declared(wire), optional, nullable, path=path)

    def _declared(self, wire: str) -> Any:
        here: Any = self.root
        path = tuple(wire.split("."))
        for step in path:
            _, here, _ = self.enter(here, step, path, explicit=True)
        return here


UNDECLARED = Attributes(None)


@cache
def attributes_of(representation: type[Representation], model: type[models.Model]) -> Attributes:
    """The attributes of a resource; resolved once for each."""
    return Attributes(representation, model)


@cache
def declared_by(representation: type[Representation]) -> Attributes:
    """The attributes of a representation, whatever keeps them."""
    return Attributes(representation)


def official_name(here: Representation, name: str) -> str:
    """The name in the served version of a member that may be written in an older spelling."""
    return here.meta("legacy").get(name, name)


def _kind(field: object) -> str:
    kinds = (
        (ArrayField, "array"),
        (models.DateTimeField, "moment"),
        (models.BooleanField, "flag"),
        ((models.IntegerField, models.DecimalField), "number"),
    )
    return next((kind for cls, kind in kinds if isinstance(field, cls)), "text")
