"""How the admin looks and is found through: Unfold's settings, without importing it."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(permission: str):
    """A link's condition: the member of staff has the permission."""

    def check(request: HttpRequest) -> bool:
        return request.user.has_perm(permission)

    return check


def _link(title: Any, icon: str, url: str, permission: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(url), "permission": _may(permission)}


def searched_models(_request: HttpRequest) -> list[str]:
    """What the command palette (Ctrl-K) searches: small tables only, never the usages."""
    return ["specs.usagespecification", "access.apiclient"]


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("tmfusage"),
    "SITE_HEADER": _("tmfusage"),
    "SITE_SUBHEADER": _("Usage catalogue and portal"),
    "SITE_SYMBOL": "data_usage",
    "SITE_URL": "/docs/swagger/",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("backoffice/favicon.svg")}
    ],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COMMAND": {"search_models": searched_models, "show_history": False},
    "STYLES": [lambda _request: static("backoffice/backoffice.css")],
    "SCRIPTS": [lambda _request: static("backoffice/backoffice.js")],
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": [
            {
                "title": _("Catalogue"),
                "items": [
                    _link(
                        _("Usage specifications"),
                        "description",
                        "admin:specs_usagespecification_changelist",
                        "specs.view_usagespecification",
                    ),
                    _link(
                        _("Deleted specifications"),
                        "auto_delete",
                        "admin:specs_historicalusagespecification_changelist",
                        "specs.view_historicalusagespecification",
                    ),
                    _link(
                        _("Bucket specifications"),
                        "stacks",
                        "admin:consumption_bucketspecification_changelist",
                        "consumption.view_bucketspecification",
                    ),
                    _link(
                        _("Consumption rules"),
                        "rule",
                        "admin:consumption_consumptionrule_changelist",
                        "consumption.view_consumptionrule",
                    ),
                ],
            },
            {
                "title": _("Usages"),
                "items": [
                    _link(_("Subscribers"), "person_search", "subscriber", "consumption.view_bucket"),
                    _link(_("Usages"), "receipt_long", "admin:usage_usage_changelist", "usage.view_usage"),
                    _link(_("Buckets"), "hourglass", "admin:consumption_bucket_changelist", "consumption.view_bucket"),
                    _link(
                        _("Report headings"),
                        "subtitles",
                        "admin:consumption_reportheading_changelist",
                        "consumption.view_reportheading",
                    ),
                ],
            },
            {
                "title": _("Events"),
                "items": [
                    _link(_("Listeners"), "hub", "admin:hub_hub_changelist", "hub.view_hub"),
                    _link(_("Events"), "campaign", "admin:hub_event_changelist", "hub.view_event"),
                    _link(_("Deliveries"), "outbox", "admin:hub_delivery_changelist", "hub.view_delivery"),
                ],
            },
            {
                "title": _("Access"),
                "items": [
                    _link(_("API clients"), "key", "admin:access_apiclient_changelist", "access.view_apiclient"),
                    _link(_("Staff"), "group", "admin:auth_user_changelist", "auth.view_user"),
                    _link(_("Roles"), "badge", "admin:auth_group_changelist", "auth.view_group"),
                    _link(_("Failed logins"), "lock", "admin:axes_accessattempt_changelist", "axes.view_accessattempt"),
                ],
            },
        ],
    },
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        # Unfold's Alpine evaluates expressions; there is no inline script anywhere.
        "script-src": ["'self'", "'unsafe-eval'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
