"""Which queue a task goes to, and which tasks run by the clock."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab


def transport_options(broker: str) -> dict[str, Any]:
    """What keeps a wake-up from being lost at once; RabbitMQ confirms what it has, Redis gives it to another worker."""
    return {"confirm_publish": True} if broker.startswith(("amqp", "pyamqp")) else {"visibility_timeout": 300}


ROUTES: dict[str, dict[str, str]] = {
    "tmfusage.access.tasks.*": {"queue": "reports"},
    "tmfusage.hub.tasks.tick": {"queue": "dispatch"},
    "tmfusage.hub.tasks.drain": {"queue": "deliver"},
    "tmfusage.hub.tasks.forget": {"queue": "reports"},
    "consumption.*": {"queue": "reports"},
}
SCHEDULE: dict[str, dict[str, Any]] = {
    "purge-login-attempts": {"task": "tmfusage.access.tasks.purge_login_attempts", "schedule": timedelta(hours=6)},
    "purge-keys": {"task": "tmfusage.access.tasks.purge_idempotency_keys", "schedule": timedelta(hours=1)},
    "clear-sessions": {"task": "tmfusage.access.tasks.clear_sessions", "schedule": timedelta(hours=6)},
    "tick": {"task": "tmfusage.hub.tasks.tick", "schedule": timedelta(seconds=1), "options": {"expires": 60}},
    "forget-events": {"task": "tmfusage.hub.tasks.forget", "schedule": timedelta(hours=1)},
    "sweep-buckets": {"task": "consumption.tasks.sweep", "schedule": timedelta(minutes=1), "options": {"expires": 50}},
    "answer-waiting": {"task": "consumption.query_tasks.answer_waiting", "schedule": timedelta(seconds=30)},
    "forget-queries": {"task": "consumption.query_tasks.forget", "schedule": timedelta(hours=1)},
    "check-ledger": {"task": "consumption.tasks.check", "schedule": crontab(hour=2, minute=30)},
}
