"""The Celery application: it carries wake-ups, the database owns every promise."""

import mmap
import os

from celery import Celery
from celery.signals import setup_logging, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tmfusage.settings")

app = Celery("tmfusage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    result_backend=None,
    task_ignore_result=True,
    # A child that is killed gives its message back; what a message wakes is safe to do twice.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_serializer="json",
    accept_content=["json"],
    # For the clock and the workers, whose connection may be one that the broker has closed: without it they would
    # never publish again. What a request wakes is published without (`nudging`).
    task_publish_retry=True,
    task_publish_retry_policy={"max_retries": 3, "interval_start": 0.1, "interval_step": 0.2, "interval_max": 0.5},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    # Below the visibility timeout, above the lease of a hub.
    task_soft_time_limit=75,
    task_time_limit=90,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    # SIGQUIT, too, first lets tasks end.
    worker_soft_shutdown_timeout=20,
    timezone="UTC",
    task_default_queue="dispatch",
)
app.autodiscover_tasks()
# Memory that a worker shares with the children that it forks later: a task that runs in one of them sees that it ends.
_ending = mmap.mmap(-1, 1)


def ending() -> bool:
    """Whether the worker is stopping, so that long tasks are to come to an end."""
    return _ending[0] == 1


@worker_shutting_down.connect
def tell_children(**_kwargs) -> None:
    """Let running tasks know."""
    _ending[0] = 1


@setup_logging.connect
def keep_django_logging(**_kwargs) -> None:
    """Leave logging to settings.LOGGING: the worker writes the same JSON lines as the web process."""
