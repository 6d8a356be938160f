"""Consumption's tasks: wake-ups, safe to lose, to repeat and to run twice at once."""

from collections.abc import Callable

from celery import shared_task

from consumption import auditing, query_tasks, sweeping

# Workers look for tasks in this module only.
__all__ = ["check", "query_tasks", "sweep"]


@shared_task
def sweep() -> int:
    """Expire, renew and release what is due; how many buckets and reservations."""
    return sum(_all(each) for each in (sweeping.release, sweeping.sweep))


def _all(batch: Callable[[], int]) -> int:
    total = 0
    while done := batch():
        total += done
    return total


@shared_task
def check() -> int:
    """Check the ledger against its invariants; how many findings."""
    return auditing.report()
