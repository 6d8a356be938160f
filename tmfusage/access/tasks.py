"""What is forgotten after a while: login attempts, ended sessions, Idempotency-Keys."""

from datetime import timedelta
from importlib import import_module

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from tmfusage.access.repeating import forget

BATCH = 5_000


@shared_task
def purge_login_attempts() -> int:
    """Delete login attempts older than LOGIN_ATTEMPT_RETENTION_DAYS; how many there were."""
    before = timezone.now() - timedelta(days=settings.LOGIN_ATTEMPT_RETENTION_DAYS)
    return sum(_purge(model, before) for model in (AccessAttempt, AccessFailureLog, AccessLog))


def _purge(model, before) -> int:
    """In batches, so that no statement runs into the time limit."""
    purged = 0
    while batch := list(model.objects.filter(attempt_time__lt=before).values_list("pk", flat=True)[:BATCH]):
        purged += model.objects.filter(pk__in=batch).delete()[0]
    return purged


@shared_task
def purge_idempotency_keys() -> int:
    """Delete Idempotency-Keys older than IDEMPOTENCY_RETENTION_DAYS; how many there were."""
    return forget(timezone.now() - timedelta(days=settings.IDEMPOTENCY_RETENTION_DAYS), BATCH)


@shared_task
def clear_sessions() -> None:
    """Delete the sessions that have ended."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
