"""Between rows and the wire: a specification's rows become its document, and a document its rows.

Each model names its wire members in `WIRE` (member to field) and its parts in `CHILDREN` (member to
related manager); what it does not name is kept in `extension`. So render(absorb(document)) is the document.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf.moments import instant, instant_text
from tmfusage.tmf.resources import ExactJSONField

VALIDITY = {"startDateTime": "valid_from", "endDateTime": "valid_to"}
NOT_KEPT = frozenset({"id", "href", "lastUpdate", "@type"})
_EMPTY: tuple[Any, ...] = (None, "", [], {})


class WireRow(models.Model):
    """A row that stands for one object of the wire."""

    WIRE: ClassVar[dict[str, str]] = {}
    CHILDREN: ClassVar[dict[str, str]] = {}
    extension = ExactJSONField(_("further members"), default=dict, blank=True)

    class Meta:
        abstract = True


Children = Callable[[WireRow, str], Iterable[WireRow]]


@contextmanager
def unrecorded(specification: Any) -> Iterator[None]:
    """Saving leaves no row in the history: it gets one for the whole change, when that is settled."""
    specification.skip_history_when_saving = True
    try:
        yield
    finally:
        del specification.skip_history_when_saving


def render(specification: Any) -> dict[str, Any]:
    """The specification's document, from its rows."""
    members = draft(specification, _stored)
    members["lastUpdate"] = instant_text(specification.last_update)
    return members


def draft(row: WireRow, children: Children) -> dict[str, Any]:
    """The document of the row as it would be with these children, who are asked for by the manager that holds them."""
    members = _own(row)
    for name, manager in row.CHILDREN.items():
        if shown := [draft(child, children) for child in children(row, manager)]:
            members[name] = shown
    further = {name: value for name, value in row.extension.items() if name != "validFor"}
    return {**members, **further}


def absorb(specification: Any, members: dict[str, Any]) -> None:
    """Make the specification and its rows say what the document says, and no more."""
    _fill(specification, {name: item for name, item in members.items() if name not in NOT_KEPT})
    with unrecorded(specification):
        specification.save()
    _replace_children(specification, members)


def _stored(row: WireRow, manager: str) -> Any:
    return getattr(row, manager).all()


def _own(row: WireRow) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, field in row.WIRE.items():
        value = getattr(row, field)
        if value not in _EMPTY or (name == "value" and value is not None):
            members[name] = value
    if period := _period(row):
        members["validFor"] = period
    return members


def _period(row: Any) -> dict[str, Any]:
    bounds = {name: instant_text(getattr(row, field)) for name, field in VALIDITY.items() if getattr(row, field)}
    return {**bounds, **row.extension.get("validFor", {})}


def _fill(row: Any, members: dict[str, Any]) -> None:
    for name, field in row.WIRE.items():
        setattr(row, field, members.get(name, row._meta.get_field(field).get_default()))
    period = members.get("validFor", {})
    for name, field in VALIDITY.items():
        setattr(row, field, instant(period[name]) if name in period else None)
    known = {*row.WIRE, *row.CHILDREN, "validFor"}
    row.extension = {name: value for name, value in members.items() if name not in known}
    if further := {name: value for name, value in period.items() if name not in VALIDITY}:
        row.extension["validFor"] = further


def _replace_children(row: Any, members: dict[str, Any]) -> None:
    """Rows that stay the same thing keep their keys, so that an editor who has them open can still save."""
    for name, manager_name in row.CHILDREN.items():
        manager = getattr(row, manager_name)
        kept = {_identity(child, position): child for position, child in enumerate(manager.all())}
        for position, child_members in enumerate(members.get(name, ())):
            child = kept.pop(child_members.get("name", position), None) or manager.model(**{manager.field.name: row})
            child.position = position
            _fill(child, child_members)
            child.save()
            _replace_children(child, child_members)
        for child in kept.values():
            child.delete()


def _identity(child: Any, position: int) -> Any:
    return getattr(child, "name", "") or position
