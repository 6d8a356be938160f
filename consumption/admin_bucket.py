"""The page of one bucket: how it stands, why, and the forms that credit or correct it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consumption import ledger, spoken, units
from consumption.ledger import Request
from consumption.models import Bucket, LedgerEntry, Owner
from consumption.models.owners import canonical
from tmfusage.access.principals import staff_label
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import new_id

MAY_MOVE = "consumption.move_balance"
MOST_ENTRIES = 200
LONGEST_ID = 19  # digits of a bigint
MOST_COUNTERS = 50


@dataclass(frozen=True, slots=True)
class Verb:
    """What a member of staff can do to a balance."""

    name: str
    label: Any
    question: Any
    do: Callable[..., LedgerEntry]
    signed: bool = False


VERBS = {
    "grant": Verb("grant", gettext_lazy("Grant"), gettext_lazy("The amount is added to what remains."), ledger.grant),
    "adjust": Verb(
        "adjust",
        gettext_lazy("Adjust"),
        gettext_lazy("What was granted is corrected: a negative amount takes from what remains, at most all of it."),
        ledger.adjust,
        signed=True,
    ),
}


class BalanceForm(forms.Form):
    """How much, in which unit, and why; the key makes a second click do nothing."""

    amount = forms.DecimalField(label=gettext_lazy("Amount"), max_digits=20, decimal_places=6)
    units = forms.CharField(label=gettext_lazy("Unit"), max_length=32, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=1000,
        help_text=gettext_lazy("Kept in the ledger."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name in ("amount", "units", "reason"):
            self.fields[name].widget.attrs["class"] = "usage-input"


class BucketPages(admin.ModelAdmin):
    """The pages of a bucket."""

    class Media:
        css = {"all": ["usage/usage.css"]}

    def get_urls(self) -> list:
        """The pages of the verbs, and the admin's own pages."""
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<path:object_id>/do/<slug:verb>/", view, name="consumption_bucket_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The bucket with its counters and the latest entries of its ledger."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        bucket = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, bucket):
            raise PermissionDenied
        if bucket is None:
            raise Http404
        verbs = VERBS.values() if request.user.has_perm(MAY_MOVE) and _creditable(bucket) else ()
        before = request.GET.get("before", "")
        shown = sheet(bucket, int(before) if before.isdecimal() and len(before) < LONGEST_ID else None)
        context = {**self._context(request, bucket), **shown, "verbs": verbs, **(extra_context or {})}
        return TemplateResponse(request, "admin/consumption/bucket/detail.html", context)

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Ask how much and why, then do it."""
        if not (request.user.has_perm(MAY_MOVE) and self.has_view_permission(request)):
            raise PermissionDenied
        asked, bucket = VERBS.get(verb), self.get_object(request, unquote(object_id))
        if asked is None or bucket is None:
            raise Http404
        posted = request.POST if request.method == "POST" else None
        form = BalanceForm(posted, initial={"units": bucket.unit, "key": f"staff:{new_id()}"})
        if form.is_valid() and self._do(request, bucket, asked, form):
            return HttpResponseRedirect(self._address(bucket))
        shown = {"verb": asked, "form": form, "back": self._address(bucket), "remaining": spoken.remaining(bucket)}
        context = {**self._context(request, bucket), **shown}
        return TemplateResponse(request, "admin/consumption/bucket/verb.html", {**context, "title": asked.label})

    def _do(self, request: HttpRequest, bucket: Bucket, asked: Verb, form: BalanceForm) -> bool:
        said = form.cleaned_data
        try:
            if not units.same_family(said["units"], bucket.unit):
                raise TmfError(400, "unitMismatch", _("The unit cannot be converted into that of the bucket."))
            amount = units.to_base(said["amount"], said["units"])
            by = Request(staff_label(request), said["reason"].strip(), said["key"])
            asked.do(bucket.pk, amount, by)
        except TmfError as refusal:
            form.add_error("amount", f"{refusal.reason} {refusal.message}".strip())
            return False
        self.message_user(request, _("Done; the ledger tells who and why."), messages.SUCCESS)
        return True

    def _context(self, request: HttpRequest, bucket: Bucket) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": bucket,
            "bucket": bucket,
            "title": str(bucket),
            "media": self.media,
        }

    def _address(self, bucket: Bucket) -> str:
        return reverse("admin:consumption_bucket_change", args=[quote(bucket.pk)], current_app=self.admin_site.name)


def pages_of(bucket_ids: Iterable[str], request: HttpRequest) -> dict[str, str]:
    """The addresses of those of the buckets that are kept here, by id; none for who may not see buckets."""
    if not request.user.has_perm("consumption.view_bucket"):
        return {}
    kept = Bucket.objects.filter(pk__in=list(bucket_ids)).values_list("pk", flat=True)
    return {each: reverse("admin:consumption_bucket_change", args=[quote(each)]) for each in kept}


def sheet(bucket: Bucket, before: int | None = None) -> dict[str, Any]:
    """All that the page shows of a bucket, with a page of its ledger: the latest entries, or those before an id."""
    older = bucket.entries.filter(pk__lt=before) if before else bucket.entries
    entries = list(older.order_by("-id")[: MOST_ENTRIES + 1])
    more = len(entries) > MOST_ENTRIES
    return {
        "now": bucket.state_shown(timezone.now()),
        "facts": _facts(bucket),
        "entries": [_told(bucket, entry) for entry in entries[:MOST_ENTRIES]],
        "earlier": entries[MOST_ENTRIES - 1].pk if more else None,
        "later": before is not None,
        "counters": [
            {"row": each, "value": spoken.amount(each.value, bucket.unit)}
            for each in bucket.counters.order_by("-period_start", "counter_type", "id")[:MOST_COUNTERS]
        ],
        "crossings": bucket.crossings.all()[:MOST_COUNTERS],
        "owners": _as_written(bucket.owners.order_by("kind", "key")[:MOST_COUNTERS]),
    }


def _as_written(owners: Iterable[Owner]) -> list[Owner]:
    """The owners, a phone number as it was written only: its digits, by which it is found, say nothing more."""
    found = list(owners)
    digits = {(each.kind, bare) for each in found if (bare := canonical(each.key)) != each.key}
    return [each for each in found if (each.kind, each.key) not in digits]


def _facts(bucket: Bucket) -> list[tuple[Any, str]]:
    if not bucket.measured:
        return []
    amounts = {_("Beyond the bucket"): bucket.overage}
    if not bucket.unlimited:
        remaining = bucket.state_shown(timezone.now()).remaining
        amounts = {
            _("Remaining"): remaining, _("Granted"): bucket.allowance, _("Reserved"): bucket.reserved, **amounts,
        }  # fmt: skip
    return [(label, spoken.amount(amount, bucket.unit)) for label, amount in amounts.items()]


def _told(bucket: Bucket, entry: LedgerEntry) -> dict[str, Any]:
    sign = "+" if entry.amount > 0 else ""
    return {
        "row": entry,
        "amount": f"{sign}{spoken.amount(entry.amount, bucket.unit)}",
        "then": "" if bucket.unlimited else spoken.amount(entry.resulting_remaining, bucket.unit),
    }


def _creditable(bucket: Bucket) -> bool:
    over = bucket.state_shown(timezone.now()).status == Bucket.Status.EXPIRED
    return bucket.measured and not bucket.unlimited and not over
