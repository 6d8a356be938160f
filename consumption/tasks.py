"""Consumption's tasks: wake-ups, safe to lose, to repeat and to run twice at once."""

from celery import shared_task
from django.conf import settings

from consumption import auditing, query_tasks, sweeping

# Workers look for tasks in this module only.
__all__ = ["check", "query_tasks", "sweep"]


@shared_task
def sweep() -> int:
    """Expire and renew what is due; how many buckets."""
    total = 0
    while due := sweeping.sweep():
        total += due
        if due < settings.CONSUMPTION_SWEEP_BATCH:
            break
    return total


@shared_task
def check() -> int:
    """Check the ledger against its invariants; how many findings."""
    return auditing.report()
