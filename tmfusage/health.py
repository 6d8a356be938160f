"""Whether the process lives, whether it can serve, and what it measures."""

import os
import secrets
import time
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest, multiprocess
from prometheus_client import REGISTRY as PROCESS_REGISTRY

from tmfusage.celery import app
from tmfusage.hub.metrics import QUEUES

BROKER_TIMEOUT = 0.5
MIGRATIONS_RECHECK_SECONDS = 10
_migrations: dict[str, Any] = {"checked": 0.0, "state": "unknown"}


@require_safe
@never_cache
def livez(_request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all."""
    return JsonResponse({"status": "pass"})


@require_safe
@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 when requests can be served, 503 when not; a missing broker degrades but does not fail."""
    checks = {"database": _database(), "migrations": "unknown", "broker": _broker()}
    if checks["database"] == "pass":
        checks["migrations"] = _migrations_state()
    serves = checks["database"] == checks["migrations"] == "pass"
    status = "fail" if not serves else "pass" if checks["broker"] == "pass" else "warn"
    return JsonResponse({"status": status, "checks": checks}, status=200 if serves else 503)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics of all processes; behind a bearer token where METRICS_TOKEN is set."""
    expected = f"Bearer {settings.METRICS_TOKEN}"
    given = request.headers.get("Authorization", "")
    if settings.METRICS_TOKEN and not secrets.compare_digest(given.encode(), expected.encode()):
        return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})
    return HttpResponse(generate_latest(_registry()) + generate_latest(QUEUES), content_type=CONTENT_TYPE_LATEST)


@cache
def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return PROCESS_REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)
    return registry


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "fail"
    return "pass"


def _migrations_state() -> str:
    if time.monotonic() - _migrations["checked"] > MIGRATIONS_RECHECK_SECONDS:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        _migrations.update(checked=time.monotonic(), state="fail" if plan else "pass")
    return str(_migrations["state"])


def _broker() -> str:
    options = {"socket_connect_timeout": BROKER_TIMEOUT, "socket_timeout": BROKER_TIMEOUT}
    try:
        with app.connection(transport_options=options, connect_timeout=BROKER_TIMEOUT) as broker:
            broker.connect()
    except Exception:  # whatever the broker's client raises, the answer is the same: it is not there
        return "fail"
    return "pass"
