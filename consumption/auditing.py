"""Checking the ledger: what the invariants find."""

import logging
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from prometheus_client import Counter

INVARIANTS = (Path(__file__).parent / "invariants.sql").read_text()
MOST_LOGGED = 100
# Nightly, so that events are looked at twice at most.
EVENT_DAYS = 2
FINDINGS = Counter("tmfusage_ledger_findings_total", "Findings of the nightly check of the ledger", ["invariant"])
CHECKS = Counter("tmfusage_ledger_checks_total", "Checks of the ledger that were completed")
logger = logging.getLogger(__name__)


class Finding(NamedTuple):
    """Something that does not hold: which invariant, of which bucket or usage, and what was seen."""

    invariant: str
    subject: str
    detail: str


def findings() -> list[Finding]:
    """Everything that does not hold, seen at one instant."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [settings.CONSUMPTION_CHECK_SECONDS * 1000])
        cursor.execute(
            "SELECT set_config('tmfusage.event_days', %s, true)", [str(min(EVENT_DAYS, settings.HUB_RETENTION_DAYS))]
        )
        cursor.execute(INVARIANTS)
        return [Finding(*row) for row in cursor.fetchall()]


def report() -> int:
    """Check, log and count what was found; how much."""
    found = findings()
    for finding in found[:MOST_LOGGED]:
        logger.error("ledger invariant broken", extra={"invariant": finding.invariant, "subject": finding.subject})
    for finding in found:
        FINDINGS.labels(finding.invariant).inc()
    CHECKS.inc()
    return len(found)
