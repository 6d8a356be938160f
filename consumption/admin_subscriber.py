"""The page of a subscriber: found by phone number or another key, what is left now, and which usages took it."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from consumption import spoken
from consumption.criteria import KINDS, Criteria, Owned, number_spellings
from consumption.models import Bucket, LedgerEntry, Owner, RunningTotal
from consumption.report import TooManyBucketsError, compute, parsed
from tmfusage.tmf.resources import distinct
from usage.models import Usage

LONGEST = 255
MOST_BUCKETS = 200
MOST_ENTRIES = 50
LOW_PERCENT = 20
Members = dict[str, Any]
# Who is named by totals of somebody else.
_COUNTED_BY = {Owner.Kind.PRODUCT.value: "product_id", Owner.Kind.PARTY.value: "user_id"}
# The latest entries of each bucket by their index, then the latest of all.
_LATEST = """
SELECT e.* FROM unnest(%s::text[]) b (id) CROSS JOIN LATERAL (
    SELECT * FROM consumption_ledgerentry l WHERE l.bucket_id = b.id AND l.usage_id <> '' ORDER BY l.id DESC LIMIT %s) e
ORDER BY e.at DESC, e.id DESC LIMIT %s
"""


@admin.site.admin_view
def subscriber_view(request: HttpRequest) -> HttpResponse:
    """Ask for a key, and show whom it names with everything that is left."""
    if not request.user.has_perm("consumption.view_bucket"):
        raise PermissionDenied
    term = request.GET.get("q", "").strip()
    context = {**admin.site.each_context(request), "title": _("Subscribers"), "term": term, **answer(term)}
    context["may_open_usages"] = request.user.has_perm("usage.view_usage")
    return TemplateResponse(request, "admin/consumption/subscriber.html", context)


def answer(term: str) -> Members:
    """What the page says of the term; nothing of an empty one."""
    if not term:
        return {}
    asked = named_by(term)
    if asked is None:
        return {"unknown": True}
    now = timezone.now()
    try:
        reports = parsed(compute(Criteria(owned=(asked,)), MOST_BUCKETS, now))
    except TooManyBucketsError:
        return {"too_many": MOST_BUCKETS}
    told = [bucket for report in reports for bucket in report.get("bucketRefOrValue", ())]
    buckets = {each.pk: each for each in Bucket.objects.filter(pk__in=[each["id"] for each in told]).defer("document")}
    rows = [_row(each, buckets[each["id"]]) for each in told if each["id"] in buckets]
    active = Bucket.Status.ACTIVE
    return {
        "kind": Owner.Kind(asked.kind).label,
        "at": now,
        "parties": _names(reports),
        "current": [row for row in rows if row["now"].status == active],
        "others": [row for row in rows if row["now"].status != active],
        "totals": [
            (summary.get("counterType"), _quantity(summary["value"]))
            for report in reports
            for summary in _summaries(report)
        ],
        "taken": taken_from(buckets),
    }


def named_by(term: str) -> Owned | None:
    """The owner whom the term names: a line (a phone number in any spelling), service, product, account or party."""
    if len(term) > LONGEST or "\x00" in term:
        return None
    spelled = number_spellings(term)
    spelled = distinct([*spelled, *(f"00{each}" for each in spelled if each.isdigit())])
    for kind in KINDS.values():
        keys = spelled if kind == "resource" else [term]
        counted = Q(owner_kind=kind, owner_key__in=keys)
        if kind in _COUNTED_BY:
            counted |= Q(**{f"{_COUNTED_BY[kind]}__in": keys})
        owned = Owner.objects.filter(kind=kind, key__in=keys)
        if owned.exists() or RunningTotal.objects.filter(counted).exists():
            return Owned(kind, ((term, tuple(keys)),))
    return None


def taken_from(buckets: dict[str, Bucket]) -> list[Members]:
    """The latest entries of the buckets that usages made, newest first, each with its usage and bucket."""
    entries = list(LedgerEntry.objects.raw(_LATEST, [list(buckets), MOST_ENTRIES, MOST_ENTRIES])) if buckets else []
    usages = Usage.objects.only("id", "usage_date", "usage_type", "status").in_bulk([each.usage_id for each in entries])
    return [
        {
            "entry": entry,
            "bucket": (bucket := buckets[entry.bucket_id]),
            "usage": usages.get(entry.usage_id),
            "amount": spoken.amount(entry.amount, bucket.unit),
            "then": "" if bucket.unlimited else spoken.amount(entry.resulting_remaining, bucket.unit),
        }
        for entry in entries
    ]


def _row(told: Members, bucket: Bucket) -> Members:
    """A bucket with the very figures of the API, and what a bar needs."""
    now = bucket.state_shown(timezone.now())
    return {
        "now": now,
        "bucket": bucket,
        "name": told.get("name") or bucket.pk,
        "remaining": _("Unlimited") if bucket.unlimited else _quantity(told.get("remainingValue")),
        "percent": _percent(bucket, now.remaining),
        "low": LOW_PERCENT,
        "granted": spoken.amount(bucket.allowance, bucket.unit) if bucket.measured and not bucket.unlimited else "",
        "reserved": spoken.amount(bucket.reserved, bucket.unit) if bucket.reserved else "",
        "counters": [
            (each["counterType"], _quantity(each["value"]), _user(each)) for each in told.get("bucketCounter", ())
        ],
    }


def _quantity(told: Members | None) -> str:
    """The Quantity for people; a dash when there is none."""
    return spoken.quantity(told) if told else "—"


def _percent(bucket: Bucket, remaining: Decimal) -> int | None:
    """How much of this period's allowance is left; None where that has no meaning."""
    if bucket.unlimited or not bucket.measured or bucket.allowance <= 0:
        return None
    return int(max(Decimal(0), min(Decimal(100), 100 * remaining / bucket.allowance)))


def _user(counter: Members) -> str:
    """Whose counter it is, where it is not everybody's."""
    return counter.get("user", {}).get("id", "") if counter.get("level") != "global" else ""


def _names(reports: Iterable[Members]) -> list[str]:
    parties = (party for report in reports for party in report.get("relatedParty", ()))
    return distinct(str(party.get("name") or party["id"]) for party in parties)


def _summaries(report: Members) -> Iterator[Members]:
    """What was used without any bucket, wherever the report tells it."""
    yield from report.get("consumptionSummary", ())
    for name in ("logicalResource", "service", "product"):
        for reference in report.get(name, ()):
            yield from reference.get("consumptionSummary", ())
