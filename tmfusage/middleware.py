"""Requests to the API pass by what only staff pages need: sessions, forms, languages, messages, history.

`ApiGate` stands before that middleware and `ApiDoor` behind it; a request to the API goes from the one to what lies
behind the other. Django builds the chain from the inside out, so each gate finds the door of its own chain.
"""

from collections.abc import Callable
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

API_ROOT = f"/{settings.API_PREFIX}/"
GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ApiDoor:
    """Stands innermost and knows what answers a request."""

    latest: ClassVar["ApiDoor"]

    def __init__(self, get_response: GetResponse):
        self.get_response = get_response
        ApiDoor.latest = self

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


class ApiGate:
    """Sends a request to the API straight to the door."""

    def __init__(self, get_response: GetResponse):
        self.staff = get_response
        self.api = ApiDoor.latest.get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(API_ROOT):
            return self.staff(request)
        # The language of whoever was served before by this thread.
        translation.deactivate()
        return self.api(request)
