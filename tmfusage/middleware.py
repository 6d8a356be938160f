"""Django's middleware for staff pages, which requests to the API pass by: they need no session, form or page."""

from typing import Any

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from simple_history.middleware import HistoryRequestMiddleware
from whitenoise.middleware import WhiteNoiseMiddleware

API_ROOT = f"/{settings.API_PREFIX}/"


class _OutsideTheApi:
    """Hands a request to the API straight on; anything else takes the middleware's own way."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(API_ROOT):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]  # each subclass adds the middleware


class StaticFiles(_OutsideTheApi, WhiteNoiseMiddleware):
    """Serves static files."""


class ContentSecurityPolicy(_OutsideTheApi, CSPMiddleware):
    """Tells browsers to run our scripts only."""


class Sessions(_OutsideTheApi, SessionMiddleware):
    """Gives staff a session."""


class Locale(_OutsideTheApi, LocaleMiddleware):
    """Answers in the language the browser asks for."""


class Authentication(_OutsideTheApi, AuthenticationMiddleware):
    """Says which member of staff is asking."""


class Messages(_OutsideTheApi, MessageMiddleware):
    """Carries one-time notices between pages."""


class History:
    """Names the member of staff in the history of what he changes."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.recorded = HistoryRequestMiddleware(get_response)

    def __call__(self, request: HttpRequest):
        api = request.path_info.startswith(API_ROOT)
        return self.get_response(request) if api else self.recorded(request)
