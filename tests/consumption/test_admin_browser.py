"""The staff pages of buckets in a real browser."""

import pytest

from tests.browsing import browsing, keep_picture, needs_browser, session_of
from tests.consumption.factories import make_bucket, make_kind, make_rule, now
from tests.consumption.test_consuming import SPEC, used
from tmfusage.access import roles

pytestmark = [pytest.mark.django_db(transaction=True), needs_browser]


def test_an_operator_finds_a_bucket_and_credits_it(live_server):
    bucket = make_bucket(100)
    with browsing(live_server.url, session_of(roles.OPERATOR)) as (page, complaints):
        page.goto("/admin/consumption/bucket/?q=%2B1+555+010+0001")
        keep_picture(page, "bucket-list")
        page.get_by_role("link", name="Data", exact=True).click()
        page.get_by_role("heading", name="Ledger").wait_for()
        page.get_by_role("link", name="Grant…").click()
        page.get_by_label("Amount").fill("5")
        page.get_by_label("Reason").fill("complaint 17")
        keep_picture(page, "bucket-grant")
        page.get_by_role("button", name="Grant").click()
        page.get_by_text("complaint 17").wait_for()
        keep_picture(page, "bucket-detail")
    assert (now(bucket).remaining, complaints) == (105 * 10**6, [])


def test_an_agent_looks_a_subscriber_up(live_server):
    make_rule(SPEC)
    make_bucket(100)
    make_bucket(None, name="Weekend calls", isUnlimited=True, usageType="voice")
    used(85)
    with browsing(live_server.url, session_of(roles.CUSTOMER_CARE)) as (page, complaints):
        page.goto("/admin/")
        page.get_by_role("link", name="Subscribers").click()
        page.get_by_label("Phone number").fill("+1 555 010 0001")
        page.keyboard.press("Enter")
        page.get_by_role("cell", name="15 MB").first.wait_for()
        keep_picture(page, "subscriber")
        page.get_by_role("link", name="voice").first.click()
        page.get_by_role("heading", name="voice").first.wait_for()
    assert complaints == []


def test_a_product_manager_changes_a_kind_of_bucket(live_server):
    kind = make_kind()
    with browsing(live_server.url, session_of(roles.PRODUCT_MANAGER)) as (page, complaints):
        page.goto(f"/admin/consumption/bucketspecification/{kind.pk}/change/")
        keep_picture(page, "bucket-specification")
        page.get_by_label("Granted").fill("2")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
        page.goto("/admin/consumption/consumptionrule/add/")
        keep_picture(page, "consumption-rule")
    kind.refresh_from_db()
    assert (kind.default_amount, complaints) == (2, [])


def test_the_form_of_a_heading_fits_its_page(live_server):
    with browsing(live_server.url, session_of(roles.OPERATOR)) as (page, complaints):
        page.goto("/admin/consumption/reportheading/add/")
        page.get_by_text("Valid until").wait_for()
        keep_picture(page, "report-heading")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert complaints == []
