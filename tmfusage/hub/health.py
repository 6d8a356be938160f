"""How listeners fare, for people to look at: each figure is read by an index and bounded, however much is queued."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import connection
from django.utils import timezone

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

MOST_COUNTED = 1_000
# A busy system makes more attempts in an hour than are worth reading for a percentage.
MOST_ATTEMPTS = 20_000

_QUEUES = f"""
SELECT h.id,
    (SELECT count(*) FROM (SELECT FROM hub_delivery d WHERE d.hub_id = h.id AND d.state = 0
                           LIMIT {MOST_COUNTED + 1}) pending),
    (SELECT count(*) FROM (SELECT FROM hub_delivery d WHERE d.hub_id = h.id AND d.state = 2
                           LIMIT {MOST_COUNTED + 1}) dead),
    (SELECT e.occurred_at FROM hub_delivery d JOIN hub_event e ON e.seq = d.event_seq
     WHERE d.hub_id = h.id AND d.state = 0 ORDER BY d.event_seq LIMIT 1),
    (SELECT d.next_attempt_at FROM hub_delivery d
     WHERE d.hub_id = h.id AND d.state = 0 ORDER BY d.next_attempt_at LIMIT 1)
FROM hub_hub h WHERE h.id = ANY (%s)
"""  # noqa: S608  # constants of ours
_ATTEMPTS = f"""
WITH latest AS MATERIALIZED (
    SELECT delivery_id, status FROM hub_attempt WHERE started_at > statement_timestamp() - interval '1 hour'
    ORDER BY started_at DESC LIMIT {MOST_ATTEMPTS})
SELECT d.hub_id, count(*), count(*) FILTER (WHERE latest.status BETWEEN 200 AND 299)
FROM latest, LATERAL (SELECT hub_id FROM hub_delivery WHERE id = latest.delivery_id OFFSET 0) d
WHERE d.hub_id = ANY (%s) GROUP BY d.hub_id
"""  # noqa: S608  # OFFSET 0: by key, each; a join might read the table


# What could be sent now: to a listener that is neither stopped nor spared, of a resource whose turn it is.
_OVERDUE = f"""
SELECT max(extract(epoch FROM statement_timestamp() - late.next_attempt_at))::float8
FROM hub_hub h, LATERAL (
    SELECT d.next_attempt_at FROM (
        SELECT next_attempt_at, resource_key, event_seq FROM hub_delivery
        WHERE hub_id = h.id AND state = 0 AND next_attempt_at <= statement_timestamp()
        ORDER BY next_attempt_at LIMIT {MOST_COUNTED}) d
    WHERE NOT EXISTS (SELECT FROM hub_delivery p WHERE p.hub_id = h.id AND p.resource_key = d.resource_key
                      AND p.state = 0 AND p.event_seq + 0 < d.event_seq AND p.next_attempt_at > statement_timestamp()
                      OFFSET 0)
    ORDER BY d.next_attempt_at LIMIT 1) late
WHERE h.state = 'active' AND (h.open_until IS NULL OR h.open_until <= statement_timestamp())
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Condition:
    """What is queued for a listener, and how the latest attempts of the last hour ended."""

    pending: int = 0
    dead: int = 0
    oldest: datetime | None = None
    due: datetime | None = None
    attempts: int = 0
    delivered: int = 0

    @property
    def lag(self) -> float:
        """Seconds since the oldest event happened that the listener is still to get."""
        return max(0.0, (timezone.now() - self.oldest).total_seconds()) if self.oldest else 0.0

    @property
    def success_rate(self) -> float | None:
        """The share of the attempts that were delivered; None without any."""
        return self.delivered / self.attempts if self.attempts else None

    def next_attempt(self, hub: "Hub") -> datetime | None:
        """When something is sent next: not while the listener is stopped, nor while it is spared."""
        if hub.state != "active" or self.due is None:
            return None
        return max(self.due, hub.open_until) if hub.open_until else self.due


def conditions_of(hub_ids: Iterable[str]) -> dict[str, Condition]:
    """How each of these listeners fares."""
    ids = list(hub_ids)
    with connection.cursor() as cursor:
        cursor.execute(_ATTEMPTS, [ids])
        attempts = {hub_id: figures for hub_id, *figures in cursor.fetchall()}
    return {hub_id: Condition(*queue, *attempts.get(hub_id, (0, 0))) for hub_id, *queue in _queues(ids)}


def lags(hubs: Iterable["Hub"]) -> dict[str, float]:
    """How many seconds each of these listeners is behind, with what it is still to catch up with."""
    behind = {hub.pk: (timezone.now() - hub.catch_up_from).total_seconds() for hub in hubs if hub.catch_up_from}
    queued = {hub_id: Condition(*queue).lag for hub_id, *queue in _queues([hub.pk for hub in hubs])}
    return {hub_id: max(lag, behind.get(hub_id, 0.0)) for hub_id, lag in queued.items()}


def overdue() -> float:
    """For how many seconds the delivery has been due that has waited longest for somebody to send it; 0 without one."""
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE)
        return cursor.fetchone()[0] or 0.0


def _queues(ids: list[str]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_QUEUES, [ids])
        return cursor.fetchall()
