"""API clients and their keys in the admin."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables

from tmfusage.access.models import ApiClient, ApiKey
from tmfusage.access.scopes import Scope
from tmfusage.backoffice.bases import (
    CheckboxesWidget,
    ModelAdmin,
    SplitDateTimeWidget,
    TabularInline,
    action,
    display,
)

ISSUE = "access.issue_apikey"
TEMPLATES = "admin/access/apiclient"


class ApiClientForm(forms.ModelForm):
    """An API client, its scopes as checkboxes."""

    scopes = forms.MultipleChoiceField(
        label=_("Scopes"), choices=Scope.choices, widget=CheckboxesWidget, required=False
    )

    class Meta:
        model = ApiClient
        fields = ["name", "description", "scopes", "party", "is_active"]


class KeyForm(forms.Form):
    """How long a new key lives."""

    expires_at = forms.SplitDateTimeField(
        label=_("Expires"),
        required=False,
        widget=SplitDateTimeWidget,
        help_text=_("Leave empty for a key that works until it is revoked."),
    )

    def clean_expires_at(self):
        """A key that has expired already would be of no use."""
        expires_at = self.cleaned_data["expires_at"]
        if expires_at and expires_at <= timezone.now():
            raise ValidationError(_("This moment has passed."))
        return expires_at


class ApiKeyInline(TabularInline):
    """The keys of a client, to read."""

    model = ApiKey
    fields = ["prefix", "state", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at"]
    readonly_fields = fields
    extra = 0
    can_delete = False
    hide_title = True
    verbose_name_plural = _("Keys")

    def get_fields(self, request: HttpRequest, obj: ApiClient | None = None) -> list[str]:
        """The facts, and what may be done for those who may."""
        return [*self.fields, "may_be_done"] if request.user.has_perm(ISSUE) else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ApiClient | None = None) -> list[str]:
        """All of them."""
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: ApiClient | None = None) -> bool:
        """Keys are issued, not typed."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ApiClient | None = None) -> bool:
        """Keys are rotated and revoked, not edited."""
        return False

    @display(description=_("State"))
    def state(self, key: ApiKey) -> str:
        """What the key is now."""
        return str(key.state.label)

    @display(description=_("Actions"))
    def may_be_done(self, key: ApiKey) -> str:
        """Links to rotate and revoke, as far as the key's state allows."""
        possible = {ApiKey.State.ACTIVE: ("rotate", "revoke"), ApiKey.State.REPLACED: ("revoke",)}
        words = {"rotate": _("Rotate"), "revoke": _("Revoke")}
        links = [(_key_url(verb, key), words[verb]) for verb in possible.get(key.state, ())]
        return format_html_join(" ", '<a class="text-primary-600 dark:text-primary-500 mr-3" href="{}">{}</a>', links)


@admin.register(ApiClient)
class ApiClientAdmin(ModelAdmin):
    """API clients: what each may do; keys are issued, rotated and revoked on pages of their own."""

    form = ApiClientForm
    inlines = [ApiKeyInline]
    list_display = ["name", "scope_list", "party", "is_active", "valid_keys", "last_used"]
    list_filter = ["is_active"]
    search_fields = ["name", "description", "party"]
    readonly_fields = ["id", "created_at", "created_by"]
    fields = ["name", "description", "scopes", "party", "is_active", *readonly_fields]
    actions_detail = ["issue_key"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiClient]:
        """Clients with the figures of their keys."""
        valid = Q(keys__in=ApiKey.objects.valid())
        return super().get_queryset(request).annotate(
            valid_key_count=Count("keys", filter=valid), last_used_at=Max("keys__last_used_at")
        )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: ApiClient, form: forms.Form, change: bool) -> None:
        """Write down who made the client."""
        if not change:
            obj.created_by = request.user.get_username()
        super().save_model(request, obj, form, change)

    def get_urls(self) -> list:
        """The admin's own pages, and those of a key."""
        view = self.admin_site.admin_view
        return [
            path("<str:client_id>/keys/<int:key_id>/rotate/", view(self.rotate_key), name="access_apikey_rotate"),
            path("<str:client_id>/keys/<int:key_id>/revoke/", view(self.revoke_key), name="access_apikey_revoke"),
            *super().get_urls(),
        ]

    def has_issue_key_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Asked for by Unfold. (Naming the permission itself would make Unfold's system check query the
        database, which does not exist yet when the first `migrate` checks.)"""
        return request.user.has_perm(ISSUE)

    @display(description=_("Scopes"))
    def scope_list(self, client: ApiClient) -> str:
        """The scopes on one line."""
        return " ".join(client.scopes)

    @display(description=_("Valid keys"), ordering="valid_key_count")
    def valid_keys(self, client: Any) -> int:
        """How many keys open something now."""
        return client.valid_key_count

    @display(description=_("Last used"), ordering="last_used_at")
    def last_used(self, client: Any):
        """When any of its keys was used last."""
        return client.last_used_at

    @action(description=_("Issue key"), url_path="issue-key", permissions=["issue_key"], icon="key")
    @sensitive_variables("plain")
    def issue_key(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask how long the key shall live, then show it once."""
        client = self.get_object(request, object_id)
        if client is None:
            raise Http404
        form = KeyForm(request.POST if request.method == "POST" else None)
        if not form.is_valid():
            return self._page(request, client, "issue_key.html", _("Issue a key"), form=form)
        key, plain = client.issue_key(form.cleaned_data["expires_at"], request.user.get_username())
        self.log_change(request, client, _("Issued key %(prefix)s.") % {"prefix": key.prefix})
        return self._show_once(request, key, plain)

    @sensitive_variables("plain")
    def rotate_key(self, request: HttpRequest, client_id: str, key_id: int) -> HttpResponse:
        """After a question, replace the key by a new one, which is shown once."""
        key = self._key(request, client_id, key_id)
        if request.method != "POST":
            return self._page(request, key.client, "confirm.html", _("Rotate the key"), key=key, verb="rotate")
        try:
            successor, plain = key.rotate(by=request.user.get_username())
        except ValidationError as refusal:
            return self._back(request, key.client, messages.ERROR, refusal.messages[0])
        words = _("Rotated key %(old)s into %(new)s.") % {"old": key.prefix, "new": successor.prefix}
        self.log_change(request, key.client, words)
        return self._show_once(request, successor, plain, replaces=key)

    def revoke_key(self, request: HttpRequest, client_id: str, key_id: int) -> HttpResponse:
        """After a question, end the key."""
        key = self._key(request, client_id, key_id)
        if request.method != "POST":
            return self._page(request, key.client, "confirm.html", _("Revoke the key"), key=key, verb="revoke")
        key.revoke()
        words = _("Revoked key %(prefix)s.") % {"prefix": key.prefix}
        self.log_change(request, key.client, words)
        return self._back(request, key.client, messages.SUCCESS, words)

    def _key(self, request: HttpRequest, client_id: str, key_id: int) -> ApiKey:
        if not request.user.has_perm(ISSUE):
            raise PermissionDenied
        key = ApiKey.objects.select_related("client").filter(pk=key_id, client_id=client_id).first()
        if key is None:
            raise Http404
        return key

    def _show_once(self, request: HttpRequest, key: ApiKey, plain: str, **context: Any) -> HttpResponse:
        """The answer to the POST itself carries the key: no session, message or cookie ever holds it."""
        title = _("The new key")
        return self._page(request, key.client, "key.html", title, key=key, plain=plain, **context)

    def _page(self, request: HttpRequest, client: ApiClient, template: str, title: Any, **context: Any) -> HttpResponse:
        shown = {**self.admin_site.each_context(request), "opts": self.opts, "client": client, "title": title}
        return _not_stored(request, f"{TEMPLATES}/{template}", {**shown, **context})

    def _back(self, request: HttpRequest, client: ApiClient, level: int, words: str) -> HttpResponse:
        self.message_user(request, words, level)
        return HttpResponseRedirect(reverse("admin:access_apiclient_change", args=[client.pk]))


@never_cache
def _not_stored(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """The page, which browsers and proxies must not keep (`never_cache` says no-store)."""
    return TemplateResponse(request, template, context)


def _key_url(verb: str, key: ApiKey) -> str:
    return reverse(f"admin:access_apikey_{verb}", args=[key.client_id, key.pk])
