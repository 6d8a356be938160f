"""The hub's tasks: wake-ups, all safe to lose, to repeat and to run twice at once."""

import logging
import time

from celery import shared_task
from celery.signals import worker_ready
from django.db import Error, connection

from tmfusage.celery import ending
from tmfusage.hub import leasing, retention
from tmfusage.hub.clock import clock
from tmfusage.hub.draining import Drain
from tmfusage.hub.fanout import BATCH, catch_up, fan_out

# Long enough for clocks that differ, short enough that few wake-ups wait for workers that were away.
WAKE_SECONDS = 60
# The next tick goes on with what takes longer.
TICK_SECONDS = 10
_log = logging.getLogger(__name__)


@shared_task
def tick() -> None:
    """Find listeners for what happened, and have somebody drain those for whom something is due."""
    end = time.monotonic() + TICK_SECONDS
    while fan_out() >= BATCH:
        pass
    _wake()
    if catch_up():
        while time.monotonic() < end and not ending() and (fan_out() >= BATCH or catch_up()):
            pass
        _wake()


def _wake() -> None:
    if leasing.anything_due():
        drain.apply_async(expires=WAKE_SECONDS, ignore_result=True)


@shared_task
def drain() -> int:
    """Deliver what is due; how many attempts that took."""
    return Drain().run(stopped=ending)


@shared_task
def forget() -> int:
    """Delete what is older than HUB_RETENTION_DAYS; how many rows."""
    return retention.forget()


@worker_ready.connect
def compare_clocks(**_kwargs) -> None:
    """Tell at the start of a worker that its clock is wrong; each drain asks again."""
    try:
        clock.is_right()
    except Error as exc:
        _log.warning("The clock was not compared, the database is away: %s", type(exc).__name__)
    finally:
        connection.close()
