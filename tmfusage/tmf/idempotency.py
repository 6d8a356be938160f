"""`Idempotency-Key`: a request that is repeated is not done twice."""

import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from rest_framework.request import Request

from tmfusage.tmf.errors import JSON
from tmfusage.tmf.keeping import Answer, digest, store
from tmfusage.tmf.refusals import TmfError, conflict

KEPT_HEADERS = ("ETag", "Location", "Preference-Applied")
_KEY = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,253}[\x21-\x7e])?")


def once(request: Request, body: Any, act: Callable[[], HttpResponse]) -> HttpResponse:
    """The answer of `act`, or the earlier one to the same request with the same `Idempotency-Key`.

    The key, the change and the answer are committed together, so a crash leaves all of them or none; refusals are not
    kept. 400 for a malformed key, 409 for a key that came with another request.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return act()
    if not _KEY.fullmatch(key):
        raise TmfError(400, "invalidHeader", "Idempotency-Key is 1 to 255 printable ASCII characters.")
    client = str(request.user.pk)
    # What the client prefers decides what is done, so another preference is another request.
    preferred = [request.META["HTTP_PREFER"]] if "HTTP_PREFER" in request.META else []
    fingerprint = digest([request.method, request.get_full_path(), request.content_type, body, *preferred])
    with transaction.atomic():
        if not store().begin(client, key):
            return _replayed(store().answered(client, key), fingerprint)
        response = act()
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        answer = Answer(fingerprint, response.status_code, response.content.decode(), headers)
        store().finish(client, key, answer)
    return response


def _replayed(answer: Answer | None, fingerprint: str) -> HttpResponse:
    if answer is None:
        raise conflict("The request with this Idempotency-Key is not finished.", "Try again.")
    if answer.fingerprint != fingerprint:
        raise conflict("This Idempotency-Key came with another request.", "Use a new key for a new request.")
    headers = {**answer.headers, "Idempotent-Replayed": "true"}
    return HttpResponse(answer.body.encode(), content_type=JSON, status=answer.status, headers=headers)
