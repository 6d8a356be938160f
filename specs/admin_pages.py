"""Pages beside a specification's form: try a record, copy schema and sample, clone as a new version."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from specs.admin_forms import RecordForm, VersionForm
from specs.models import UsageSpecification
from specs.sample import sample_usage
from specs.schemas import usage_schema
from specs.trying import Trial, attempt, sections
from specs.wording import cut
from tmfusage.access.principals import staff_label
from tmfusage.backoffice.admin import action
from tmfusage.tmf import exact
from tmfusage.tmf.refusals import TmfError, too_large

TEMPLATES = "admin/specs/usagespecification"


class SpecificationPages:
    """The pages, as buttons of the change form."""

    admin_site: Any
    opts: Any

    @action(description=_("Try a record"), url_path="try", permissions=["view"], icon="science")
    def try_record(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What a POST of a pasted usage would do, rule by rule; nothing is stored."""
        specification = self._specification(request, object_id)
        sample = pretty(sample_usage(specification.shown, timezone.now()))
        form = RecordForm(request.POST if request.method == "POST" else None, initial={"record": sample})
        context: dict[str, Any] = {"form": form, "title": _("Try a record")}
        if form.is_bound and form.is_valid():
            try:
                trial = self._try(specification, form.cleaned_data["record"])
                context |= {"accepted": trial.accepted, "sections": sections(specification.shown, trial)}
            except TmfError as refusal:
                form.add_error("record", refusal.message or refusal.reason)
        return self._page(request, specification, "try_record.html", context)

    def _try(self, specification: UsageSpecification, text: str) -> Trial:
        body = text.encode()
        if len(body) > settings.API_MAX_BODY_BYTES:
            raise too_large()
        usage = exact.loads(body)
        if not isinstance(usage, dict):
            raise TmfError(400, "invalidBody", str(_("A usage is a JSON object.")))
        named = usage.get("usageSpecification")
        other = named.get("id") if isinstance(named, dict) else None
        if isinstance(other, str) and other not in {"", specification.pk}:
            message = _(
                "The record names another specification, %(id)s, and would be judged by that one. Try it there."
            )
            raise TmfError(400, "invalidValue", message % {"id": cut(other)})
        return attempt(specification, usage)

    @action(description=_("Schema and sample"), url_path="schema", permissions=["view"], icon="data_object")
    def show_schema(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The JSON Schema of its usages, a sample payload and the specification itself, to copy."""
        specification = self._specification(request, object_id)
        path = f"/{settings.API_PREFIX}/usageManagement/v4/usageSpecification/{specification.pk}/schema"
        now, document = timezone.now(), specification.shown
        schema = usage_schema(document, path, at=now, numeric_strings=settings.USAGE_NUMERIC_STRINGS)
        context = {
            "title": _("Schema and sample"),
            "documents": [
                (_("A sample usage"), "sample", pretty(sample_usage(document, now))),
                (_("The JSON Schema of its usages"), "schema", pretty(schema)),
                (_("The specification"), "specification", pretty(document)),
            ],
        }
        return self._page(request, specification, "schema.html", context)

    @action(description=_("Clone as new version"), url_path="clone", permissions=["clone"], icon="content_copy")
    def clone_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the version, then copy everything under a new id, in design."""
        specification = self._specification(request, object_id)
        if not self.has_clone_permission(request):
            raise PermissionDenied
        form = VersionForm(request.POST if request.method == "POST" else None, specification=specification)
        if not form.is_valid():
            context = {"form": form, "title": _("Clone as new version")}
            return self._page(request, specification, "clone.html", context)
        copy = specification.clone(form.cleaned_data["version"], staff_label(request))
        messages.success(request, _("%(name)s was made, in design.") % {"name": copy})
        return HttpResponseRedirect(reverse("admin:specs_usagespecification_change", args=[copy.pk]))

    def has_clone_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Cloning adds a specification."""
        return request.user.has_perm("specs.add_usagespecification")

    def _specification(self, request: HttpRequest, object_id: str) -> UsageSpecification:
        if not request.user.has_perm("specs.view_usagespecification"):
            raise PermissionDenied
        specification = UsageSpecification.objects.filter(pk=object_id).first()
        if specification is None:
            raise Http404
        return specification

    def _page(
        self, request: HttpRequest, specification: UsageSpecification, template: str, context: dict
    ) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        # The head of the page leads back to the original.
        shared |= {"original": specification, "specification": specification}
        return TemplateResponse(request, f"{TEMPLATES}/{template}", {**shared, **context})


def pretty(value: Any) -> str:
    """The value as indented JSON, digit for digit."""
    return exact.dumps_indented(value).decode()
