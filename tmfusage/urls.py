"""The only place where the apps meet: which API is mounted where."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from consumption.admin_subscriber import subscriber_view
from consumption.api import mounting as consumption
from specs.api import v4 as specs_v4
from tmfusage import health
from tmfusage.backoffice import error_pages
from tmfusage.hub.api import hub
from tmfusage.tmf import errors
from tmfusage.tmf.openapi import Document, pages
from tmfusage.tmf.routers import api, part, resource
from usage.api import v4 as usage_v4

USAGE_V4 = Document(
    f"{settings.API_PREFIX}/usageManagement/v4",
    "TMF635 Usage Management",
    "4.0.0",
    "Usage records, and the specifications that say what a usage record holds.",
)

urlpatterns = [
    *api(
        f"{settings.API_PREFIX}/usageManagement/v4",
        "usage-management-v4",
        "TMF635 Usage Management, version 4",
        ["usage", "usageSpecification", "hub"],
        [
            *resource("usage", usage_v4.UsageViewSet, "usage-v4"),
            *resource("usageSpecification", specs_v4.UsageSpecificationViewSet, "usage-specification-v4"),
            *part(
                "usageSpecification",
                "schema",
                specs_v4.UsageSpecificationViewSet,
                "usage-specification-v4",
                action="usage_schema",
            ),
            *hub("usageManagement", "v4"),
        ],
    ),
    *consumption.patterns(),
    USAGE_V4.pattern(),
    *pages(USAGE_V4, *consumption.DOCUMENTS),
    path("livez", health.livez),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("admin/consumption/subscriber/", subscriber_view, name="subscriber"),
    path("admin/", admin.site.urls),
    *([path("oidc/", include("mozilla_django_oidc.urls"))] if settings.OIDC_ENABLED else []),
    # Nothing else gains a slash: the API's addresses are exact.
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("", RedirectView.as_view(pattern_name="admin:index")),
]

handler400 = errors.page(400, error_pages.page(400))
handler403 = errors.page(403, error_pages.page(403))
handler404 = errors.page(404, error_pages.page(404))
handler500 = errors.page(500, error_pages.failed)
