"""What a query asks for: whose buckets, which ones, of when; read from its members in v4's words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from consumption.models.owners import spellings
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


@dataclass(frozen=True, slots=True)
class Owned:
    """Buckets of any of these owners; each key in every spelling that finds it, beside the one that was asked for."""

    kind: str
    keys: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def spelled(self) -> list[str]:
        """All spellings of all keys."""
        return distinct(each for _, spelled in self.keys for each in spelled)


@dataclass(frozen=True, slots=True)
class Criteria:
    """Everything that must hold of a bucket; what is empty asks for nothing."""

    owned: tuple[Owned, ...] = ()
    bucket_ids: tuple[str, ...] = ()
    usage_types: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
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
        return bool(self.bucket_ids or self.statuses or len(self.owned) > 1)

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
    buckets = _each(search.get("bucketRefOrValue"))
    chosen = any(asked) or bool(buckets)
    if chosen:
        top["relatedParty"] = [party for party in top.get("relatedParty", ()) if not _asks(party)]
    asked += _owners(top, "$")
    period = search.get("validPeriod") or {}
    found = Criteria(
        owned=tuple(asked),
        bucket_ids=_texts(buckets, "id"),
        usage_types=_texts(buckets, "usageType"),
        statuses=_texts(buckets, "status"),
        start=_moment(period, "startDateTime"),
        end=_moment(period, "endDateTime"),
        restriction=restriction,
        size=sum(len(owned.keys) for owned in asked) + len(buckets),
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
        keys = {key: spelled for at, each in enumerate(references) for key, spelled in _key(each, kind, path, name, at)}
        if keys:
            yield Owned(kind, tuple(keys.items()))


def _key(reference: Members, kind: str, path: str, name: str, at: int) -> Iterable[tuple[str, tuple[str, ...]]]:
    texts = [str(reference[each]) for each in ("id", "value") if reference.get(each)]
    if not texts:
        raise broken([Violation(f"{path}.{name}[{at}].id", "missingProperty", "is required")])
    if kind != "resource":
        yield texts[0], (texts[0],)
        return
    yield texts[-1], tuple(distinct(each for text in texts for each in number_spellings(text)))


def number_spellings(text: str) -> list[str]:
    """The id or number in each way in which buckets and totals may be kept under it."""
    known = spellings(text)
    return distinct([*known, *(f"+{each}" for each in known[1:] or known if each.isdigit())])


def _asks(party: Members) -> bool:
    """Whether the party is there as the one who asks, not as the one asked for."""
    return str(party.get("role", "")).casefold() in settings.CONSUMPTION_ASKING_ROLES


def _texts(buckets: list[Members], name: str) -> tuple[str, ...]:
    return tuple(distinct(str(each[name]) for each in buckets if each.get(name)))


def _each(value: Any) -> list[Members]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, dict)]


def _moment(period: Members, name: str) -> datetime | None:
    return instant(period[name]) if period.get(name) else None
