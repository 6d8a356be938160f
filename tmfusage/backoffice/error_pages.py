"""What staff read when a page cannot be shown: what happened, what to do, and the number by which operators find it.

The pages ask nothing of the database or of who is logged in, for these may be what failed.
"""

import logging
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import DisallowedHost, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views import defaults

from tmfusage.telemetry import request_id

log = logging.getLogger("tmfusage.backoffice")

WORDS = {
    400: (
        _("This request cannot be used"),
        _("Its address or what was sent with it is not what this page takes. Go back, reload the page and try again."),
    ),
    403: (
        _("You may not open this page"),
        _("Your role does not include it. If you need it for your work, ask an administrator for the role that does."),
    ),
    404: (
        _("There is no such page"),
        _("The address is wrong, or what stood here is gone. Check the address, or begin at the start page."),
    ),
    500: (
        _("Something went wrong here"),
        _("It has been logged. Try again; if it happens again, tell the operators the request id below."),
    ),
}
REFUSED: dict[type, Any] = {
    DisallowedModelAdminLookup: _(
        "The list cannot be filtered by what its address asks for. Open the list anew and choose from its filters."
    ),
    TooManyFieldsSent: _(
        "The form has more fields than are taken at once. Change less at once, or ask the operators to raise the limit."
    ),
    RequestDataTooBig: _(
        "The form is larger than what is taken at once. Send less at a time, or ask the operators to raise the limit."
    ),
    DisallowedHost: _("This host name is not served here. Use the address that the operators gave you."),
}


def page(status: int) -> Callable[..., HttpResponse]:
    """The Django error handler (handler400, handler404 …) that shows the page."""
    title, happened = WORDS[status]

    def handler(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
        return _shown(request, status, title=title, happened=REFUSED.get(type(exception), happened))

    return handler


def failed(request: HttpRequest, _exception: Exception | None = None) -> HttpResponse:
    """The page of a failure; one plain line, when what failed keeps the page from being made, too."""
    try:
        return page(500)(request)
    except Exception:
        log.exception("the page that tells a failure failed")
        return defaults.server_error(request)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page for a form that this browser session was not given (CSRF)."""
    happened = _(
        "Perhaps it was opened before you logged in or out, or your browser sends no cookies. "
        "Go back, reload the page and send the form again; allow cookies for this site."
    )
    return _shown(request, 403, title=_("The form was not accepted"), happened=happened)


def locked_out(request: HttpRequest, *_unused: Any) -> HttpResponse:
    """The page for a name that has failed to log in too often at an address (django-axes)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() / 60)
    happened = ngettext(
        "This name cannot log in from here for %(minutes)d minute. Each attempt until then starts that time anew.",
        "This name cannot log in from here for %(minutes)d minutes. Each attempt until then starts that time anew.",
        minutes,
    )
    words = {"title": _("Too many failed logins"), "happened": happened % {"minutes": minutes}}
    response = _shown(request, 429, **words)
    response["Retry-After"] = str(minutes * 60)
    return response


def _shown(request: HttpRequest, status: int, **words: Any) -> HttpResponse:
    context = {**look(request), "site_url": None, **words, "request_id": request_id.get()}
    return HttpResponse(render_to_string("admin/error.html", context), status=status)


def look(request: HttpRequest) -> dict[str, Any]:
    """What the templates of the theme need, as for somebody who is not logged in."""
    stranger = HttpRequest()
    stranger.META = request.META
    stranger.user = AnonymousUser()
    return admin.site.each_context(stranger)
