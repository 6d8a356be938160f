"""A dry run of a POST: the same steps as a real one, in a transaction that is rolled back."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.utils import timezone

from specs.declarations import moment
from specs.models import UsageSpecification
from specs.rule_names import FORM, FURTHER, LIFECYCLE, REFERENCES
from specs.trying import Trial
from tmfusage.tmf.errors import as_tmf_error
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.serializers import checker_of
from tmfusage.tmf.violations import Violation
from usage import claiming, lifecycle
from usage.api.v4 import Usage as Representation
from usage.models import Usage

BY = "trial"
# Which rule a member's form belongs to.
MEMBERS = {"status": LIFECYCLE, "usageSpecification": REFERENCES, "relatedParty": REFERENCES}
Step = Callable[[], Any]


def dry_run(specification: UsageSpecification, body: dict[str, Any]) -> Trial:
    """Whether a POST of the body would be stored, and everything that keeps it from that, not only the first thing.

    What one client may do (its scopes, its party, what it posted before) is not looked at.
    """
    now = timezone.now()
    wire: list[Violation] = []
    members = checker_of(Representation)(body, "$", wire)
    if wire:
        at = moment(members.get("usageDate")) or now
        broken = [*map(_named, wire), *_rules(specification, members)]
        return Trial(members, at, accepted=False, broken=_distinct(broken))
    refused = _refusal(lambda: Usage.receive(members, BY))
    broken = [*_objections(members), *_ruled(_violations(refused, "$"), FURTHER)] if refused else []
    return Trial(members, moment(members.get("usageDate")) or now, accepted=refused is None, broken=_distinct(broken))


def _rules(specification: UsageSpecification, members: dict[str, Any]) -> list[Violation]:
    """What the specification says to members that are not even well formed."""
    stand = UsageSpecification.objects.rules(specification.pk)
    return _ruled(stand.rules.check(members, now=timezone.now()), FORM) if stand else []


def _objections(members: dict[str, Any]) -> Iterator[Violation]:
    """Every step of `Usage.receive` by itself, so that the first refusal does not hide the others."""
    now = timezone.now()
    usage = Usage(status=members.get("status", lifecycle.RECEIVED), created_by=BY)
    usage.members = members
    stand = usage.stand()
    for step in (partial(lifecycle.check_start, usage.status), partial(usage.check_rating, members)):
        yield from _told(step, LIFECYCLE, "$.status")
    yield from _told(partial(usage.check_specification, members, stand, BY), FORM, "$")
    for unique in stand.rules.unique_values(members, now=now) if stand else ():
        yield from _told(partial(claiming.claim, usage, [unique]), FURTHER, "$")


def _told(step: Step, rule: str, path: str) -> list[Violation]:
    refused = _refusal(step)
    return _ruled(_violations(refused, path), rule) if refused else []


def _violations(refused: TmfError, path: str) -> list[Violation]:
    sentence = refused.message or refused.reason
    return list(refused.violations) or [Violation(path, refused.code, sentence)]


def _refusal(step: Step) -> TmfError | None:
    """Why the step is refused, if it is; nothing of it stays."""
    try:
        with transaction.atomic():
            step()
            transaction.set_rollback(True)
    except (TmfError, DatabaseError) as exc:
        return as_tmf_error(exc)
    return None


def _named(violation: Violation) -> Violation:
    member = violation.path.removeprefix("$.").split(".")[0].split("[")[0]
    return replace(violation, rule=MEMBERS.get(member, FORM))


def _ruled(violations: list[Violation], otherwise: str) -> list[Violation]:
    """The violations, of which those of no certain rule are of the given one."""
    return [each if each.rule else replace(each, rule=otherwise, characteristic=None) for each in violations]


def _distinct(violations: list[Violation]) -> list[Violation]:
    """Each broken rule once, as it was told first."""
    told: dict[tuple[str, str], Violation] = {}
    for each in violations:
        told.setdefault((each.code, each.path if each.rule == FORM else each.message), each)
    return list(told.values())
