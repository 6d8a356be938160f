"""What a query may ask of the events of one API version: a query that nothing can match is refused when it is given.

Below a resource, members that nobody declared are allowed, for resources keep them. What was registered before is
evaluated as it stands.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.urls import Resolver404, resolve

from tmfusage.hub import topics
from tmfusage.hub.wanting import understand
from tmfusage.tmf.attributes import Anything, Moment, Text
from tmfusage.tmf.query.binding import Some, bind
from tmfusage.tmf.query.comparisons import Equal
from tmfusage.tmf.query.resolving import Attributes
from tmfusage.tmf.query.tree import And, Member, Not, Or
from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.serializers import Representation

TEXTS = ("eventId", "eventType", "correlationId", "fieldPath")
# How the versions word what the others do not have.
MOMENTS_V4, MOMENTS_V5, TEXTS_V5 = ("timeOcurred",), ("timeOccurred",), ("@type", "@baseType")
NAMES_OF_EVENTS = ("eventType", "@type")


class Told(Representation):
    """What stands under `event`: the resource by its name, and its members for short."""


class Vocabulary(Attributes):
    """The attributes of the events of one API version, none of which is unknown but within a resource."""

    def __init__(self, api: str, version: str):
        super().__init__(envelope_of(api, version))
        self.where, self.resources = f"{api} {version}", topics.resources_told_in(version, api)
        self.events = [event for event in topics.events_of(api) if topics.is_told_in(version, event)]

    def check(self, tree: Any) -> None:
        """400 that names the first attribute or value that no event has."""
        for names, value in _named(bind(tree, self)):
            if names in NAMES_OF_EVENTS and value not in self.events:
                alike = next((event for event in self.events if event.lower() == value.lower()), None)
                hint = f"{alike} is meant, perhaps." if alike else f"There are {', '.join(self.events)}."
                raise invalid_query(f"{self.where} has no event {value[:80]}. {hint}")

    def enter(self, here: Any, name: str, path: tuple[str, ...], explicit: bool) -> tuple[str, Any, bool | None]:
        """As for a collection, but by official names only: by them alone events are worded and matched."""
        official, *rest = super().enter(here, name, path, explicit)
        if official != name:
            wanted = ".".join(path)[:80]
            raise invalid_query(f"Events of {self.where} have no attribute {wanted}; {official} is meant.")
        return official, *rest

    def _check_undeclared(self, here: Representation, name: str, path: tuple[str, ...], explicit: bool) -> None:
        if here is self.root or isinstance(here, Told):
            wanted = ".".join(path)[:80]
            raise invalid_query(f"Events of {self.where} have no attribute {wanted}. {self._known(here)}")
        super()._check_undeclared(here, name, path, explicit)

    def _known(self, here: Representation) -> str:
        if not isinstance(here, Told):
            return f"There are {', '.join(map(str, here.fields))}."
        names = ", ".join(self.resources)
        return f"Below event there are {names}, and for short the members that their standard declares."


def check(query: str, api: str, version: str) -> None:
    """400 for a query that no event of the API version can match, as far as its names and its types tell."""
    vocabulary_of(api, version).check(understand(query).tree)


@lru_cache
def vocabulary_of(api: str, version: str) -> Vocabulary:
    """Made once for each."""
    return Vocabulary(api, version)


def envelope_of(api: str, version: str) -> type[Representation]:
    """An event as that version words it."""
    texts, moments = (TEXTS, MOMENTS_V4) if version == "v4" else ((*TEXTS, *TEXTS_V5), MOMENTS_V5)
    members = {name: Text(required=False) for name in texts}
    times = {name: Moment(required=False) for name in ("eventTime", *moments)}
    told = type("ToldHere", (Told,), _told(api, version))
    return type("Envelope", (Representation,), {**members, **times, "event": told()})


def _told(api: str, version: str) -> dict[str, Any]:
    """The resources by their names, and the members that any of them declares."""
    names = topics.resources_told_in(version, api)
    declared = {name: representation_of(api, version, name) for name in names}
    short: dict[str, Any] = {}
    for each in declared.values():
        for name, field in each().fields.items() if each else ():
            short[name] = field if type(field) is type(short.get(name, field)) else Anything(required=False)
    whole = {name: each() if each else Anything(required=False) for name, each in declared.items()}
    return {**{str(name): field for name, field in short.items()}, **whole}


def representation_of(api: str, version: str, resource: str) -> type[Representation] | None:
    """What the API version declares of the resource; None where it serves none."""
    try:
        view = resolve(f"/{settings.API_PREFIX}/{api}/{version}/{resource}").func
    except Resolver404:
        return None
    return getattr(getattr(view, "cls", None), "serializer_class", None)


def _named(node: Any) -> Iterator[tuple[str, str]]:
    """The first-level attributes that are compared with a text, each with that."""
    match node:
        case And(parts) | Or(parts):
            for part in parts:
                yield from _named(part)
        case Not(part):
            yield from _named(part)
        case Some((Member(name),), tests):
            yield from ((name, str(test.value)) for test in tests if isinstance(test, Equal))
