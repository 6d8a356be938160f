"""What operators see: JSON logs without secrets or phone numbers, request ids, and metrics."""

import logging
import logging.config
import re
import time
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
import structlog
import uuid_utils
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.log import CallbackFilter
from prometheus_client import Counter, Histogram

REQUESTS = Counter("tmfusage_requests_total", "Answered requests", ["route", "method", "status"])
SECONDS = Histogram(
    "tmfusage_request_seconds",
    "Time to answer a request",
    ["route", "method"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
request_id: ContextVar[str] = ContextVar("request_id", default="")

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PHONE = re.compile(r"(?<![\w.:-])\+?\d{8,15}(?![\w:-])")
_SECRET = re.compile(r"tmfu_\w{8}_[\w-]+|Bearer\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*")


def redact(text: str) -> str:
    """The text without phone numbers, keys and tokens."""
    return _PHONE.sub("(number)", _SECRET.sub("(secret)", text))


# Who calls is one of few.
_redacted = lru_cache(1024)(redact)


def _redact_event(_logger, _method, event: dict) -> dict:
    return {
        key: redact(value) if isinstance(value, str) and key != "timestamp" else value for key, value in event.items()
    }


def _add_request_id(_logger, _method, event: dict) -> dict:
    if current := request_id.get():
        event.setdefault("requestId", current)
    return event


def _dump(event: dict, **_kwargs) -> str:
    return orjson.dumps(event, default=str).decode()


_PROCESSORS: list[Any] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_request_id,
    structlog.processors.format_exc_info,
    _redact_event,
]


def logging_config(level: str) -> dict:
    """The LOGGING setting: one JSON line per event on standard error, Django's and Celery's included."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [structlog.stdlib.ExtraAdder(allow=[]), *_PROCESSORS],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(_dump),
        ],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter, "line": {"format": "%(message)s"}},
        "filters": {"failures": {"()": CallbackFilter, "callback": lambda record: record.exc_info}},
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json"},
            "lines": {"class": "logging.StreamHandler", "formatter": "line"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "tmfusage.request": {"handlers": ["lines"], "propagate": False},
            # Refusals, 501 among them, are in the request log already, without the path that Django would add.
            "django.request": {"level": "ERROR", "filters": ["failures"]},
            "django.security": {"level": "ERROR"},
            "axes": {"level": "ERROR"},
            # Every statement could carry a subscriber's data.
            "django.db.backends": {"level": "ERROR"},
        },
    }


def configure_logging(config: dict) -> None:
    """Set up the standard library's logging and structlog to write the same lines."""
    # No line tells these, and finding them out costs a third of a record.
    for detail in ("logThreads", "logProcesses", "logMultiprocessing", "logAsyncioTasks"):
        setattr(logging, detail, False)
    logging.config.dictConfig(config)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


_requests = logging.getLogger("tmfusage.request")


def _write_line(request: HttpRequest, route: str, method: str, status: int, seconds: float) -> None:
    """One line per request, rendered at once: structlog's chain would cost a tenth of a fast answer."""
    if not _requests.isEnabledFor(logging.INFO):
        return
    line = {
        "event": "request",
        "level": "info",
        "logger": "tmfusage.request",
        "timestamp": datetime.now(UTC),
        "requestId": redact(request_id.get()),
        "route": route,
        "method": method,
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "caller": _redacted(str(getattr(request, "principal", "") or "")),
    }
    # A record made by hand: looking for the calling line would cost as much as the rest.
    _requests.handle(logging.LogRecord(_requests.name, logging.INFO, "", 0, orjson.dumps(line).decode(), None, None))


class RequestMiddleware:
    """Gives each request an id, counts and times it, and writes one line about it.

    A client's own `X-Request-ID` is kept when it is 1 to 64 letters, digits, dots, dashes or underscores.
    The line names the route, never the path or query: those may hold a phone number.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        current = given if given and _GIVEN_ID.fullmatch(given) else str(uuid_utils.uuid7())
        token = request_id.set(current)
        started = time.perf_counter()
        try:
            response = self.get_response(request)
            response.headers["X-Request-ID"] = current
            if not response.streaming and response.content:
                # Without it the server would send small answers in chunks.
                response.headers.setdefault("Content-Length", str(len(response.content)))
            self._record(request, response, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)

    @staticmethod
    def _record(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route, method = (match.route if match else "(none)"), request.method or ""
        method = method if method in _METHODS else "(other)"
        _counter(route, method, response.status_code).inc()
        _timer(route, method).observe(seconds)
        if settings.LOG_REQUESTS:
            _write_line(request, route, method, response.status_code, seconds)


_METHODS = {"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"}
_children: dict[tuple, Counter | Histogram] = {}


def _counter(route: str, method: str, status: int):
    key = (route, method, status)
    if key not in _children:
        _children[key] = REQUESTS.labels(route, method, status)
    return _children[key]


def _timer(route: str, method: str):
    key = (route, method)
    if key not in _children:
        _children[key] = SECONDS.labels(route, method)
    return _children[key]
