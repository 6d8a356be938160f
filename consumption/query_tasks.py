"""Tasks about stored queries: wake-ups, safe to lose, to repeat and to run twice at once."""

import logging

from celery import shared_task

from consumption import querying
from tmfusage.celery import app

LOST_SECONDS = 60.0
BROKER_TIMEOUT = 0.5
_BOUNDS = {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": BROKER_TIMEOUT, "max_retries": 0}
_log = logging.getLogger(__name__)


def wake(query_id: str) -> bool:
    """Let a worker answer the query; whether the broker took it, within about a second. If not, the clock will do."""
    options = {**app.conf.broker_transport_options, **_BOUNDS, "retry_on_timeout": False}
    try:
        with app.connection_for_write(transport_options=options, connect_timeout=BROKER_TIMEOUT) as broker:
            answer.apply_async([query_id], connection=broker, retry=False)
    except Exception as exc:  # whatever the broker's client raises
        _log.warning("The broker took no wake-up: %s", type(exc).__name__)
        return False
    return True


@shared_task
def answer(query_id: str) -> bool:
    """Answer one stored query."""
    return querying.work(query_id)


@shared_task
def answer_waiting() -> int:
    """Answer the queries whose task was lost; how many."""
    return sum(querying.work(each) for each in querying.waiting(LOST_SECONDS))


@shared_task
def forget() -> int:
    """Delete what has been stored for long enough; how many."""
    total = 0
    while gone := querying.forget():
        total += gone
        if gone < querying.BATCH:
            break
    return total
