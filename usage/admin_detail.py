"""The page of one usage: what it says, where it stands, how it came there, and whether it keeps to its rules."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from specs.models import UsageSpecification
from tmfusage.backoffice.moments import moment
from tmfusage.tmf.violations import Violation
from usage import lifecycle, showing
from usage.models import StatusChange, Usage
from usage.moving import Move, offered

MAIN_LINE = (lifecycle.RECEIVED, lifecycle.GUIDED, lifecycle.RATED, lifecycle.BILLED)
SIDE_LINES = ((lifecycle.REJECTED, lifecycle.RECYCLED), (lifecycle.RERATED,))
MOST_CHANGES = 200
# Who keeps buckets adds what finds the pages, by id, of those of them that the reader may see.
ADDRESSES: list[Callable[[list[str], HttpRequest], dict[str, str]]] = []
TONES = {
    lifecycle.RECEIVED: "info",
    lifecycle.GUIDED: "primary",
    lifecycle.RATED: "success",
    lifecycle.RERATED: "warning",
    lifecycle.BILLED: "default",
    lifecycle.REJECTED: "danger",
    lifecycle.RECYCLED: "warning",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A status in the picture of the life cycle: passed, current or ahead."""

    status: str
    label: str
    state: str


@dataclass(frozen=True, slots=True)
class Governance:
    """The specification that the usage names: whether it is kept here, where, and which of its rules are broken."""

    id: str
    name: str = ""
    url: str = ""
    known: bool = False
    broken: tuple[Violation, ...] = ()


def sheet(usage: Usage, request: HttpRequest) -> dict[str, Any]:
    """All that the page shows."""
    members = usage.members
    changes = list(usage.changes.order_by("-id")[:MOST_CHANGES])[::-1]
    specification = UsageSpecification.objects.filter(pk=usage.specification_id).first()
    said = showing.declared(specification.members) if specification else {}
    return {
        "usage": usage,
        "tone": TONES[usage.status],
        "date": moment(usage.usage_date) if usage.usage_date else "",
        "description": members.get("description") or "",
        "numbers": usage.numbers,
        "governance": governance(usage, specification, members, request),
        "characteristics": showing.characteristics(members, said),
        "ratings": showing.ratings(members),
        "parties": showing.parties(members),
        "buckets": _buckets(members, request),
        "identifiers": showing.identifiers(members),
        "others": showing.others(members),
        "main_line": [_step(status, usage, changes) for status in MAIN_LINE],
        "side_lines": [[_step(status, usage, changes) for status in line] for line in SIDE_LINES],
        "changes": [{"change": change, "at": moment(change.at)} for change in changes],
        "first_status": Usage.Status(changes[0].from_status if changes else usage.status).label,
        "arrived": moment(usage.created_at),
        "changed": moment(usage.last_update),
        "raw": showing.pretty(usage.shown),
        "moves": _moves(usage, members, request),
    }


def governance(
    usage: Usage, specification: UsageSpecification | None, members: dict[str, Any], request: HttpRequest
) -> Governance | None:
    """What the specification says of the usage today; None when the usage names none."""
    if not usage.specification_id:
        return None
    if specification is None:
        return Governance(usage.specification_id)
    stand = UsageSpecification.objects.rules(specification.pk)
    broken = tuple(stand.rules.check(members, now=timezone.now())) if stand else ()
    seen = request.user.has_perm("specs.view_usagespecification")
    url = reverse("admin:specs_usagespecification_change", args=[quote(specification.pk)]) if seen else ""
    return Governance(specification.pk, str(specification), url, True, broken)


def _buckets(members: dict[str, Any], request: HttpRequest) -> list[dict[str, Any]]:
    rows = showing.buckets(members)
    named = [str(row["id"]) for row in rows if row["id"]]
    urls = {name: url for addresses in ADDRESSES if named for name, url in addresses(named, request).items()}
    return [{**row, "url": urls.get(str(row["id"]), "")} for row in rows]


def _moves(usage: Usage, members: dict[str, Any], request: HttpRequest) -> list[Move]:
    if not request.user.has_perm("usage.move_usage"):
        return []
    return offered(usage, rated=bool(members.get("ratedProductUsage")))


def _step(status: str, usage: Usage, changes: list[StatusChange]) -> Step:
    label = str(Usage.Status(status).label)
    if status == usage.status:
        return Step(status, label, "current")
    been = {change.from_status for change in changes}
    return Step(status, label, "passed" if status in been else "ahead")
