"""Moving usages by hand: which moves staff are offered, and making them one by one under a lock."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf.refusals import TmfError, conflict
from tmfusage.tmf.retrying import again
from usage import lifecycle
from usage.models import Usage

MOST_RULES_TOLD = 10


@dataclass(frozen=True, slots=True)
class Move:
    """What a member of staff can do with a usage, in words."""

    status: str
    label: Any
    question: Any
    icon: str = ""
    needs_reason: bool = False
    final: bool = False

    @property
    def asks_first(self) -> bool:
        """Whether a page stands between the button and the move."""
        return self.needs_reason or self.final


MOVES = {
    each.status: each
    for each in (
        Move(lifecycle.GUIDED, _("Guide"), _("The usage has been assigned to its product."), "arrow_forward"),
        Move(lifecycle.RATED, _("Rate"), _("The rating that the usage carries is in force."), "sell"),
        Move(lifecycle.RERATED, _("Rerate"), _("The usage is to be rated anew."), "restart_alt"),
        Move(lifecycle.RECYCLED, _("Recycle"), _("The usage has been corrected and is tried again."), "recycling"),
        Move(
            lifecycle.REJECTED,
            _("Reject"),
            _("The usage is taken out until it is corrected and recycled."),
            "block",
            needs_reason=True,
        ),
        Move(
            lifecycle.BILLED,
            _("Bill"),
            _("This is final: a billed usage neither moves nor changes any more."),
            "receipt_long",
            final=True,
        ),
    )
}


def offered(usage: Usage, rated: bool) -> list[Move]:
    """The moves that the life cycle allows from here; `rated` says whether the usage carries a rating."""
    allowed = lifecycle.NEXT[usage.status]
    return [MOVES[status] for status in allowed if rated or status not in lifecycle.PRICED]


@dataclass
class Outcome:
    """How many usages were moved, and why the others were not."""

    moved: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)


@again
@transaction.atomic
def move(usage_id: str, status: str, by: str, reason: str = "", seen: str = "") -> Usage:
    """Move the usage, locked meanwhile; refused when it is no longer in the status that was `seen`."""
    usage = Usage.objects.select_for_update(of=("self",)).get(pk=usage_id)
    if seen and usage.status != seen:
        raise conflict("Somebody else has moved the usage meanwhile.", f"It is {usage.status} now.")
    if usage.status == status:
        raise conflict("Nothing to do.", f"The usage is {status} already.")
    lifecycle.check_move(usage.status, status)
    usage.move_to(status, by=by, reason=reason)
    return usage


def move_many(ids: Iterable[str], status: str, by: str, reason: str = "") -> Outcome:
    """Move each usage in a transaction of its own, so that one that cannot move holds up no other."""
    outcome = Outcome()
    for usage_id in ids:
        try:
            move(usage_id, status, by, reason)
        except Usage.DoesNotExist:
            outcome.refused.setdefault(str(_("It does not exist any more.")), []).append(usage_id)
        except TmfError as refusal:
            outcome.refused.setdefault(told(refusal), []).append(usage_id)
        else:
            outcome.moved += 1
    return outcome


def told(refusal: TmfError) -> str:
    """The refusal on one line."""
    if refusal.violations:
        rules = [str(each) for each in refusal.violations[:MOST_RULES_TOLD]]
        rules += ["…"] if len(refusal.violations) > MOST_RULES_TOLD else []
        return f"{refusal.reason} {'; '.join(rules)}"
    return f"{refusal.reason} {refusal.message}".strip()
