"""The Celery application: it carries wake-ups, the database owns every promise."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tmfusage.settings")

app = Celery("tmfusage")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_django_logging(**_kwargs) -> None:
    """Leave logging to settings.LOGGING: the worker writes the same JSON lines as the web process."""
