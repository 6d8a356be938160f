"""The TMF Error body (TMF630 Part 1 §3.4) for everything that can go wrong, and the one handler that words it."""

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import (
    DisallowedHost,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from rest_framework import exceptions as drf
from rest_framework.views import set_rollback

from tmfusage.telemetry import request_id
from tmfusage.tmf.refusals import TmfError, too_large

log = logging.getLogger("tmfusage.tmf")

CODES = {
    400: "invalidBody",
    401: "missingCredentials",
    403: "accessDenied",
    404: "notFound",
    405: "methodNotAllowed",
    406: "notAcceptable",
    409: "conflict",
    411: "lengthRequired",
    412: "preconditionFailed",
    413: "payloadTooLarge",
    414: "uriTooLong",
    415: "unsupportedMediaType",
    428: "preconditionRequired",
    429: "tooManyRequests",
    500: "internalError",
    501: "notImplemented",
    503: "serviceUnavailable",
}
_CANCELLED = "57014"
# A deadlock, and a transaction that could not be put in line with others: the same request may succeed now.
_COLLIDED = frozenset({"40P01", "40001"})
_TAKEN = "23505"
_RAISED_BY_TRIGGER = "TMF01"
JSON = "application/json;charset=utf-8"


def error_body(error: TmfError) -> dict:
    """The Error object: code and reason always; `requestId` finds the request in the logs."""
    body: dict[str, object] = {
        "@type": "Error",
        "code": error.code,
        "reason": error.reason,
        "status": str(error.status_code),
    }
    if error.message:
        body["message"] = error.message
    if error.reference:
        body["referenceError"] = error.reference
    if error.violations:
        body["violation"] = [
            {"path": each.path, "code": each.code, "message": each.message} for each in error.violations
        ]
    if current := request_id.get():
        body["requestId"] = current
    return body


def error_response(error: TmfError, headers: Iterable[tuple[str, str]] = ()) -> HttpResponse:
    """The error as an HTTP response, in JSON whatever the client accepts."""
    body = orjson.dumps(error_body(error))
    return HttpResponse(body, status=error.status_code, content_type=JSON, headers=dict(headers))


def exception_handler(exc: Exception, context: dict) -> HttpResponse | None:
    """DRF's exception handler: any exception becomes a TMF error; unknown ones are logged and say nothing more."""
    set_rollback()
    headers = []
    if isinstance(exc, drf.APIException):
        if challenge := getattr(exc, "auth_header", None):
            headers.append(("WWW-Authenticate", challenge))
        if isinstance(exc, drf.UnsupportedMediaType) and (view := context.get("view")):
            headers += getattr(view, "accepted", lambda: [])()
        if isinstance(exc, drf.MethodNotAllowed) and (view := context.get("view")):
            headers.append(("Allow", ", ".join(view.allowed_methods)))
    if wait := getattr(exc, "wait", None):
        headers.append(("Retry-After", str(int(wait) + 1)))
    if _state(exc) in _COLLIDED:
        headers.append(("Retry-After", "1"))
    error = as_tmf_error(exc)
    if error.status_code >= 500 and not isinstance(exc, TmfError):
        log.error("request failed: %s", type(exc).__name__, exc_info=exc)
    return error_response(error, headers)


def as_tmf_error(exc: Exception) -> TmfError:
    """The TMF error that tells a client what the exception means to it."""
    if isinstance(exc, TmfError):
        return exc
    if isinstance(exc, drf.APIException):
        return _from_drf(exc)
    if isinstance(exc, Http404):
        return TmfError(404, "notFound", "There is no such resource.")
    if isinstance(exc, PermissionDenied):
        return TmfError(403, "accessDenied", "Access is denied.", str(exc))
    if isinstance(exc, RequestDataTooBig):
        return too_large()
    if isinstance(exc, UnreadablePostError):
        return TmfError(400, "invalidBody", "The body ended before it was complete.")
    if isinstance(exc, ValidationError):
        return TmfError(400, "invalidValue", "The body is not valid.", "\n".join(exc.messages))
    if isinstance(exc, DisallowedHost):
        return TmfError(400, "invalidHost", "This host name is not served here.")
    if isinstance(exc, SuspiciousOperation):
        return TmfError(400, "invalidBody", "The request was refused.")
    return _from_database(exc)


def _from_drf(exc: drf.APIException) -> TmfError:
    code = CODES.get(exc.status_code, "invalidBody")
    if isinstance(exc, drf.UnsupportedMediaType):
        return TmfError(415, code, _sentence(exc.detail), "Send JSON, as application/json; a PATCH may name its kind.")
    sent = isinstance(exc, drf.AuthenticationFailed)
    return TmfError(exc.status_code, "invalidCredentials" if sent else code, _sentence(exc.detail))


def _sentence(detail: object) -> str:
    while isinstance(detail, list | dict) and detail:
        detail = next(iter(detail.values())) if isinstance(detail, dict) else detail[0]
    return str(detail)


def _state(exc: Exception) -> str | None:
    return getattr(exc.__cause__, "sqlstate", None)


def _from_database(exc: Exception) -> TmfError:
    cause: Any = exc.__cause__
    state = _state(exc)
    if state in _COLLIDED:
        return TmfError(409, "conflict", "Another change came between; try again.")
    if state == _RAISED_BY_TRIGGER:
        return TmfError(409, "invalidTransition", "The life cycle does not allow this.", cause.diag.message_primary)
    if isinstance(exc, IntegrityError):
        if state == _TAKEN and str(cause.diag.constraint_name).endswith("_pkey"):
            return TmfError(409, "conflict", "The id is taken.", "Another resource is stored under it.")
        return TmfError(409, "conflict", "The change conflicts with what is stored.")
    if isinstance(exc, DataError):
        return TmfError(400, "invalidValue", "A value is outside what can be stored.")
    if isinstance(exc, OperationalError) and state == _CANCELLED:
        return TmfError(503, "serviceUnavailable", "The query took too long; narrow it down.")
    if isinstance(exc, OperationalError | InterfaceError):
        return TmfError(503, "serviceUnavailable", "The database is not available; try again.")
    return TmfError(500, "internalError", "Something went wrong here; it has been logged.")


def page(status: int, html: Callable[..., HttpResponse]):
    """A Django error handler (handler400, handler404 …): a TMF error under the API's root, the page elsewhere."""
    reason = HTTPStatus(status).phrase

    def handler(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        if not request.path_info.startswith(f"/{settings.API_PREFIX}/"):
            return html(request, exception)
        if exception is not None and not isinstance(exception, Http404):
            return error_response(as_tmf_error(exception))
        return error_response(TmfError(status, CODES[status], f"{reason}."))

    return handler
