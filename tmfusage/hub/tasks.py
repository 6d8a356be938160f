"""The hub's tasks: wake-ups, all safe to lose, to repeat and to run twice at once."""

from celery import shared_task

from tmfusage.hub import leasing, retention
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import BATCH, fan_out

# Long enough for clocks that differ, short enough that few wake-ups wait for workers that were away.
WAKE_SECONDS = 60


@shared_task
def tick() -> None:
    """Find listeners for what happened, and have somebody drain those for whom something is due."""
    while fan_out() >= BATCH:
        pass
    if leasing.anything_due():
        drain.apply_async(expires=WAKE_SECONDS, ignore_result=True)


@shared_task
def drain() -> int:
    """Deliver what is due; how many attempts that took."""
    return Drain().run()


@shared_task
def forget() -> int:
    """Delete what is older than HUB_RETENTION_DAYS; how many rows."""
    return retention.forget()
