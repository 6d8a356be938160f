"""Buckets in the admin: how amounts, moments and numbers are written, and who leads to them."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission, User

from consumption import ledger, spoken
from consumption.ledger import Request
from consumption.models import ReportHeading
from tests.consumption.factories import NUMBER, make_bucket, make_kind
from tests.consumption.test_admin import BUCKETS, page
from tests.usage.factories import make_usage

pytestmark = pytest.mark.django_db


def test_one_of_a_unit_is_one_to_staff(operator):
    kind = make_kind(unit="minutes", period="day", usage_type="voice")
    bucket = make_bucket(61, "minutes", usageType="voice", bucketSpecification={"id": kind.pk})
    ledger.adjust(bucket.pk, Decimal(-60 * 60), Request("staff:ada", "sold too much"))
    kinds, buckets, sheet, form, subscriber = (
        page(operator, address)
        for address in (
            "/admin/consumption/bucketspecification/", BUCKETS, f"{BUCKETS}{bucket.pk}/change/",
            f"{BUCKETS}{bucket.pk}/do/grant/", f"/admin/consumption/subscriber/?q={NUMBER}",
        )
    )  # fmt: skip
    assert "1 day<" in kinds
    for shown in (kinds, buckets, sheet, form, subscriber):
        assert re.search(r"\b1 minute\b", shown)
        assert not re.search(r"\b1 (minutes|days)\b", shown)
    assert "-60 minutes" in sheet


@pytest.mark.parametrize(
    ("base", "unit", "text"),
    [
        (60, "minutes", "1 minute"), (-60, "minutes", "-1 minute"), (90, "minutes", "1.5 minutes"),
        (0, "hours", "0 hours"), (1, "units", "1 unit"), (86_400, "days", "1 day"), (10**9, "GB", "1 GB"),
        (1, "EUR", "1.00 EUR"), (1, "", "1"),
    ],
)  # fmt: skip
def test_amounts_are_told_with_the_unit_in_the_right_number(base, unit, text):
    assert spoken.amount(Decimal(base), unit) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({"id": NUMBER, "value": NUMBER}, [NUMBER]),
        ({"id": "line-1", "value": NUMBER}, [NUMBER, "line-1"]),
        ({"id": "15550100001"}, ["15550100001"]),
        ({"id": "15550100001", "value": "+1 555 010 0001"}, ["+1 555 010 0001"]),
    ],
)
def test_the_page_of_a_bucket_shows_a_number_once_and_as_it_was_written(agent, written, shown):
    bucket = make_bucket(logicalResource=[written])
    owners = agent.get(f"{BUCKETS}{bucket.pk}/change/").context["owners"]
    assert [each.key for each in owners if each.kind == "resource"] == shown


def test_a_moment_is_written_alike_on_every_page(agent):
    end = "2031-11-01T00:00:00Z"
    bucket = make_bucket(validFor={"endDateTime": end})
    heading = ReportHeading.objects.create(key="line-1", name="Ada", valid_to=end)
    headings = "/admin/consumption/reportheading/"
    pages = (BUCKETS, f"{BUCKETS}{bucket.pk}/change/", headings, f"{headings}{heading.pk}/change/")
    for address in pages:
        assert "Nov. 1, 2031, 00:00:00" in page(agent, address)


def test_the_page_of_a_usage_leads_to_the_buckets_that_are_kept_here(agent):
    bucket = make_bucket()
    impacts = [{"name": name, "bucket": {"id": name}} for name in (bucket.pk, "elsewhere")]
    usage = make_usage(impactedBucket=[*impacts, {"name": "nameless"}])
    address = f"/admin/usage/usage/{usage.pk}/change/"
    shown = page(agent, address)
    assert f'<a href="{BUCKETS}{bucket.pk}/change/"><bdi>{bucket.pk}</bdi></a>' in shown
    assert "<bdi>elsewhere</bdi>" in shown
    assert f"{BUCKETS}elsewhere" not in shown
    stranger = User.objects.create_user("temp", is_staff=True)
    stranger.user_permissions.add(Permission.objects.get(codename="view_usage"))
    agent.force_login(stranger)
    assert f"{BUCKETS}{bucket.pk}" not in page(agent, address)
