"""The staff pages of usages in a real browser."""

import pytest

from tests.browsing import browsing, keep_picture, needs_browser, session_of
from tests.specs.factories import make_specification
from tests.usage.conftest import ADDRESS
from tests.usage.factories import make_usage
from tmfusage.access import roles
from usage.models import Usage

pytestmark = [pytest.mark.django_db(transaction=True), needs_browser]


def test_an_operator_finds_a_usage_reads_it_and_guides_it(live_server):
    specification = make_specification()
    usage = make_usage(usageSpecification={"id": specification.pk})
    session = session_of(roles.OPERATOR)
    with browsing(live_server.url, session) as (page, complaints):
        page.goto(f"{ADDRESS}?q=%2B1+555+010+0001")
        keep_picture(page, "usage-list")
        page.get_by_role("link", name="March 1, 2026").click()
        page.get_by_role("heading", name="Characteristics").wait_for()
        keep_picture(page, "usage-detail")
        page.get_by_role("button", name="Guide").click()
        page.get_by_text("The usage is Guided now.").wait_for()
        assert "Guided" in page.locator("[aria-current=step]").inner_text()
        page.get_by_role("button", name="Copy").last.click()
        page.get_by_text("Copied", exact=True).wait_for()
    assert complaints == []
    assert Usage.objects.get(pk=usage.pk).status == "guided"


def test_an_operator_rejects_selected_usages_with_a_reason(live_server):
    usages = [make_usage(), make_usage("guided")]
    session = session_of(roles.OPERATOR)
    with browsing(live_server.url, session) as (page, complaints):
        page.goto(ADDRESS)
        page.locator("#action-toggle").check()
        page.locator("select[name=action]").select_option("reject_selected")
        page.get_by_role("button", name="Run").click()
        page.get_by_label("Reason").fill("wrong tariff")
        keep_picture(page, "usage-reject")
        page.get_by_role("button", name="Reject").click()
        page.get_by_text("2 usages are Rejected now.").wait_for()
    assert complaints == []
    assert [usage.changes.get().reason for usage in usages] == ["wrong tariff"] * 2


def test_the_filters_open_and_choose_by_keyboard(live_server):
    make_usage()
    rejected = make_usage("rejected")
    session = session_of(roles.AUDITOR)
    with browsing(live_server.url, session) as (page, complaints):
        page.goto(ADDRESS)
        page.get_by_role("button", name="Filters").press("Enter")
        page.locator("#changelist-filter").get_by_role("link", name="Rejected").press("Enter")
        page.wait_for_url("**/?status__exact=rejected")
        assert page.locator("#result_list tbody").count() == 1
        assert rejected.pk in page.locator("#result_list tbody a").get_attribute("href")
    assert complaints == []


def test_on_a_phone_nothing_is_cut_and_nothing_lies_out_of_sight(live_server):
    parties = [{"id": f"CUSTOMER-NUMBER-{number}", "role": "customer"} for number in range(4)]
    billed = make_usage("billed", relatedParty=parties)
    session = session_of(roles.OPERATOR)
    with browsing(live_server.url, session) as (page, complaints):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(ADDRESS)
        keep_picture(page, "usage-list-phone")
        shown = page.locator("#result_list :is(td, bdi)")
        cut = "each => each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight"
        assert shown.evaluate_all(f"all => all.filter({cut}).map(each => each.innerText)") == []
        page.goto(f"{ADDRESS}{billed.pk}/change/")
        keep_picture(page, "usage-detail-phone")
        assert page.locator(".usage-cycle").evaluate("each => each.scrollWidth <= each.clientWidth")
        current = page.locator("[aria-current=step]").bounding_box()
        assert current["x"] + current["width"] <= 390
    assert complaints == []
