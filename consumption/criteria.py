"""What a query asks for: whose buckets, which ones, of when; read from its members in v4's words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings

from consumption.models.owners import canonical, spellings
from tmfusage.tmf.moments import instant
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import distinct
from tmfusage.tmf.violations import Violation

Members = dict[str, Any]
# The member that names owners of a kind, the most particular first: the answer has one report for each of its keys.
KINDS = {
    "logicalResource": "resource",
    "service": "service",
    "product": "product",
    "partyAccount": "account",
    "relatedParty": "party",
}
_ORDER = tuple(KINDS.values())
# What a bucket is asked for by.
_CHOOSING = ("id", "usageType", "status")
_CLASSES = {"@type", "@baseType", "@schemaLocation", "@referredType"}


@dataclass(frozen=True, slots=True)
class Owned:
    """Buckets of any of these owners; each key in every spelling that finds it, beside the one that was asked for."""

    kind: str
    keys: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def spelled(self) -> list[str]:
        """All spellings of all keys."""
        return distinct(each for _, spelled in self.keys for each in spelled)


class Choice(NamedTuple):
    """A bucket that is asked for: what of this is not empty must hold of it."""

    id: str
    usage_type: str
    status: str


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything that must hold of a bucket; what is empty asks for nothing."""

    owned: tuple[Owned, ...] = ()
    # What all buckets that are asked for name; and those buckets, where some name what others do not.
    bucket_ids: tuple[str, ...] = ()
    usage_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    # The only party whose buckets may be seen; empty for no restriction.
    restriction: str = ""
    size: int = field(default=0, compare=False)

    @property
    def leading(self) -> Owned | None:
        """The owners of which each has a report of its own."""
        return min(self.owned, key=lambda owned: _ORDER.index(owned.kind), default=None)

    @property
    def narrowed(self) -> bool:
        """Whether only certain buckets of somebody are asked for, so that nothing else is told of him."""
        return bool(self.bucket_ids or self.statuses or self.choices or len(self.owned) > 1)

    @property
    def told_whatever_ended(self) -> bool:
        """Whether what has ended long ago is asked for as well."""
        return bool(self.start or self.end or self.bucket_ids or self.statuses)

    @property
    def visible_to(self) -> list[str]:
        """The parties that may see the answer: it can hold nothing but what is theirs."""
        owned = self.owned[0] if len(self.owned) == 1 else None
        alone = owned.keys[0][0] if owned and owned.kind == "party" and len(owned.keys) == 1 else ""
        return distinct(each for each in (self.restriction, alone) if each)


def criteria_of(members: Members, restriction: str = "") -> Criteria:
    """The criteria of a query; 400 when it names none, or too many."""
    search = members.get("searchCriteria") or {}
    asked = [*_owners(search, "$.searchCriteria")]
    top: Members = {name: members[name] for name in ("relatedParty", "partyAccount") if name in members}
    choices = _choices(_each(search.get("bucketRefOrValue")))
    ids, usage_types, statuses = (_all(column) for column in zip(*choices, strict=True)) if choices else ((), (), ())
    if asked or choices:
        top["relatedParty"] = [party for party in top.get("relatedParty", ()) if not _asks(party)]
    asked += _owners(top, "$")
    period = search.get("validPeriod") or {}
    found = Criteria(
        owned=tuple(asked),
        bucket_ids=ids,
        usage_types=usage_types,
        statuses=statuses,
        choices=tuple(choices) if _differ(choices) else (),
        start=_moment(period, "startDateTime"),
        end=_moment(period, "endDateTime"),
        restriction=restriction,
        size=sum(len(owned.keys) for owned in asked) + len(choices),
    )
    return _bounded(found)


def _bounded(found: Criteria) -> Criteria:
    if not (found.owned or found.bucket_ids or (found.usage_types and found.restriction)):
        names = ", ".join(reversed(KINDS))
        message = f"Name at least one of {names}, or a bucket by its id."
        raise TmfError(400, "missingProperty", "The query names nothing to search for.", message)
    if found.size > settings.CONSUMPTION_MAX_IDS:
        message = f"It names {found.size}; the limit is {settings.CONSUMPTION_MAX_IDS}."
        raise TmfError(400, "invalidValue", "The query names too many ids.", message)
    return found


def _owners(members: Members, path: str) -> Iterable[Owned]:
    for name, kind in KINDS.items():
        if not (references := _each(members.get(name))):
            continue
        keys: dict[str, tuple[str, tuple[str, ...]]] = {}
        for at, each in enumerate(references):
            key, spelled = _key(each, kind, path, name, at)
            # One number, however often and in whatever spelling it is asked for, has one report.
            first, others = keys.get(same := canonical(key) if kind == "resource" else key, (key, ()))
            keys[same] = first, tuple(distinct([*others, *spelled]))
        yield Owned(kind, tuple(keys.values()))


def _key(reference: Members, kind: str, path: str, name: str, at: int) -> tuple[str, tuple[str, ...]]:
    texts = [str(reference[each]) for each in ("id", "value") if reference.get(each)]
    if not texts:
        raise broken([Violation(f"{path}.{name}[{at}].id", "missingProperty", "is required")])
    if kind != "resource":
        return texts[0], (texts[0],)
    return texts[-1], tuple(distinct(each for text in texts for each in number_spellings(text)))


def number_spellings(text: str) -> list[str]:
    """The id or number in each way in which buckets and totals may be kept under it."""
    known = spellings(text)
    return distinct([*known, *(f"+{each}" for each in known[1:] or known if each.isdigit())])


def _asks(party: Members) -> bool:
    """Whether the party is there as the one who asks, not as the one asked for."""
    return str(party.get("role", "")).casefold() in settings.CONSUMPTION_ASKING_ROLES


def _choices(buckets: list[Members]) -> list[Choice]:
    """The buckets that are asked for; 400 for one that asks by something else, which would find too much.

    Beside an id other members only say more of the bucket.
    """
    for at, bucket in enumerate(buckets):
        asked = {name for name, item in bucket.items() if item not in (None, "")}
        beyond = set() if "id" in asked else asked.difference(_CHOOSING, _CLASSES)
        if beyond or asked.isdisjoint(_CHOOSING):
            path = ".".join([f"$.searchCriteria.bucket[{at}]", *sorted(beyond)[:1]])
            message = f"a bucket is asked for by {', '.join(_CHOOSING)}"
            raise broken([Violation(path, "invalidValue", message)])
    return [Choice(*(str(bucket.get(name) or "") for name in _CHOOSING)) for bucket in buckets]


def _all(column: tuple[str, ...]) -> tuple[str, ...]:
    """The values, if every bucket has one."""
    return tuple(distinct(column)) if all(column) else ()


def _differ(choices: list[Choice]) -> bool:
    """Whether it takes more than each member's values to say which buckets are asked for."""
    return len({tuple(map(bool, each)) for each in choices}) > 1 or (
        len(choices) > 1 and sum(map(bool, choices[0])) > 1
    )


def _each(value: Any) -> list[Members]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, dict)]


def _moment(period: Members, name: str) -> datetime | None:
    return instant(period[name]) if period.get(name) else None
