"""What staff do about deliveries that wait: try them now, or give one up so that others go on.

The listener is locked meanwhile: nobody takes a lease on it. What a worker holds already it finishes under its lease,
and `state = 0` in what it writes keeps it from undoing a skip.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from tmfusage.hub import nudging
from tmfusage.hub.hubs import Hub
from tmfusage.hub.outbox import DatabaseClock, Delivery
from tmfusage.tmf.refusals import conflict
from tmfusage.tmf.statements import execute

MOST_HASTENED = 5_000
LONGEST_REASON = 60
_HASTEN = """
UPDATE hub_delivery SET next_attempt_at = clock_timestamp() WHERE state = 0 AND id IN (
    SELECT id FROM hub_delivery WHERE hub_id = %s AND state = 0 AND next_attempt_at > clock_timestamp() {which})
"""
# With those before it, for which it would wait. What is due already may be in a worker's hands, and is left alone.
_BEFORE = _HASTEN.format(which="AND resource_key = %s AND event_seq <= %s")
_WAITING = _HASTEN.format(which=f"ORDER BY next_attempt_at LIMIT {MOST_HASTENED}")
_SKIP = f"""
UPDATE hub_delivery SET state = {Delivery.State.DEAD}, last_error = %s
WHERE id = %s AND state = 0 AND (claims <= attempts OR NOT %s)
"""  # noqa: S608  # constants of ours


@transaction.atomic
def send_now(delivery: Delivery) -> None:
    """Try the delivery at once, after those before it in its resource; 409 when it does not wait or may not be sent."""
    hub = _locked(delivery.hub_id)
    _check_active(hub)
    delivery.refresh_from_db(fields=["state"])
    if delivery.state != Delivery.State.PENDING:
        raise conflict("It does not wait any more.")
    _hasten(hub, _BEFORE, [hub.pk, delivery.resource_key, delivery.event_id])


@transaction.atomic
def send_waiting(hub: Hub) -> int:
    """Try at once what waits for its next attempt; how much that is, at most MOST_HASTENED."""
    hub = _locked(hub.pk)
    _check_active(hub)
    return _hasten(hub, _WAITING, [hub.pk])


@transaction.atomic
def skip(delivery: Delivery, by: str) -> None:
    """Give the delivery up: what waits behind it in its resource goes on; 409 when it is under way or does not wait."""
    hub = _locked(delivery.hub_id)
    held = hub.lease_token is not None and hub.lease_until is not None and hub.lease_until > timezone.now()
    if not execute(_SKIP, [f"skipped by {by}"[:LONGEST_REASON], delivery.pk, held]):
        waits = Delivery.objects.pending().filter(pk=delivery.pk).exists()
        raise conflict("It is being sent at this moment." if waits else "It does not wait any more.")
    transaction.on_commit(nudging.nudge)


def _hasten(hub: Hub, statement: str, values: Sequence) -> int:
    """Make these due; a listener that is spared gets a try."""
    count = execute(statement, values)
    Hub.objects.filter(pk=hub.pk, open_until__gt=DatabaseClock()).update(open_until=DatabaseClock())
    transaction.on_commit(nudging.nudge)
    return count


def _locked(hub_id: str) -> Hub:
    return Hub.objects.select_for_update(no_key=True).get(pk=hub_id)


def _check_active(hub: Hub) -> None:
    if hub.state != Hub.State.ACTIVE:
        raise conflict(f"The listener is {hub.state}.")
