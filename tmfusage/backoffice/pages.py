"""Pages of objects that are read and not edited: what is done with them are verbs of their own."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse

from tmfusage.backoffice.bases import ModelAdmin


class PageAdmin(ModelAdmin):
    """A list, and behind each row a page to read."""

    list_per_page = 50
    list_disable_select_all = True
    sortable_by = ()
    actions = None
    template = ""

    class Media:
        css = {"all": ["usage/usage.css"]}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come by themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """There are verbs instead of a form."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was is forgotten by age."""
        return False

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page to read."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.found(request, object_id)
        context = {**self.context(request, found), **self.sheet(request, found), **(extra_context or {})}
        return TemplateResponse(request, self.template, context)

    def sheet(self, request: HttpRequest, found: Any) -> dict[str, Any]:
        """All that the page shows."""
        raise NotImplementedError

    def found(self, request: HttpRequest, object_id: str) -> Any:
        """The row; 404 without one."""
        key = unquote(object_id)
        found = None if "\x00" in key else self.get_object(request, key)
        if found is None:
            raise Http404
        return found

    def context(self, request: HttpRequest, found: Any) -> dict[str, Any]:
        """What every page of a row needs."""
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "original": found}
        return {**shown, "title": str(found), "media": self.media}
