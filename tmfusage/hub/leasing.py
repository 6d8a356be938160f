"""Leases: one worker at a time drains a listener, and what a worker without its lease writes changes nothing."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection

_DUE = """
h.state = 'active' AND (h.lease_until IS NULL OR h.lease_until < clock_timestamp())
AND (h.open_until IS NULL OR h.open_until <= clock_timestamp())
AND EXISTS (SELECT 1 FROM hub_delivery d
            WHERE d.hub_id = h.id AND d.state = 0 AND d.next_attempt_at <= clock_timestamp())
"""
_TAKE = f"""
UPDATE hub_hub SET lease_token = gen_random_uuid(), lease_until = clock_timestamp() + %s * interval '1 second',
                   last_drained_at = clock_timestamp()
FROM (SELECT h.id, h.lease_token IS NOT NULL AS taken_over FROM hub_hub h WHERE {_DUE}
      ORDER BY h.last_drained_at NULLS FIRST LIMIT %s FOR UPDATE SKIP LOCKED) due
WHERE hub_hub.id = due.id RETURNING hub_hub.id, hub_hub.lease_token, due.taken_over
"""  # noqa: S608  # constants of ours
_ANYTHING = f"SELECT EXISTS (SELECT 1 FROM hub_hub h WHERE {_DUE})"  # noqa: S608
_RENEW = """
UPDATE hub_hub SET lease_until = clock_timestamp() + %s * interval '1 second'
WHERE id = %s AND lease_token = %s AND state = 'active'
"""
_REPORT = """
UPDATE hub_hub SET
    failures = %(failures)s, open_seconds = %(open_seconds)s,
    first_failure_at = CASE WHEN %(failures)s > 0 THEN coalesce(first_failure_at, clock_timestamp()) END,
    last_success_at = CASE WHEN %(succeeded)s THEN clock_timestamp() ELSE last_success_at END,
    open_until = CASE WHEN %(reopened)s THEN clock_timestamp() + %(open_seconds)s * interval '1 second'
                      WHEN %(open_seconds)s > 0 THEN open_until END
WHERE id = %(id)s AND lease_token = %(token)s AND state = 'active'
RETURNING extract(epoch FROM clock_timestamp() - first_failure_at)::float8
"""
_RELEASE = """
UPDATE hub_hub SET lease_token = NULL, lease_until = clock_timestamp() + %s * interval '1 second'
WHERE id = %s AND lease_token = %s
"""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to drain one listener for a while; `taken_over` from a worker that vanished."""

    hub_id: str
    token: uuid.UUID
    taken_over: bool


@dataclass(slots=True)
class Health:
    """How the listener fares: failures in a row, and for how long it is spared (0: not at all)."""

    failures: int = 0
    open_seconds: int = 0
    reopened: bool = False
    succeeded: bool = False


def anything_due() -> bool:
    """Whether a listener that nobody drains has something due."""
    with connection.cursor() as cursor:
        cursor.execute(_ANYTHING)
        return bool(cursor.fetchone()[0])


def take(limit: int) -> list[Lease]:
    """Leases on listeners that have something due, those first that have waited longest."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [settings.HUB_LEASE_SECONDS, limit])
        return [Lease(*row) for row in cursor.fetchall()]


def renew(lease: Lease) -> bool:
    """Keep the lease for its whole time from now; False when it is lost."""
    return _changed(_RENEW, [settings.HUB_LEASE_SECONDS, lease.hub_id, lease.token])


def release(lease: Lease, rest_seconds: float = 0.0) -> None:
    """Give the lease back; nobody drains the listener during the rest."""
    _changed(_RELEASE, [rest_seconds, lease.hub_id, lease.token])


def report(lease: Lease, health: Health) -> float | None:
    """Write down how the listener fares: for how many seconds it has been failing; None when the lease is lost."""
    values: dict[str, Any] = {
        "id": lease.hub_id, "token": lease.token, "failures": health.failures, "open_seconds": health.open_seconds,
        "reopened": health.reopened, "succeeded": health.succeeded,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_REPORT, values)
        row = cursor.fetchone()
    return (row[0] or 0.0) if row else None


def _changed(sql: str, values: Sequence) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.rowcount == 1
