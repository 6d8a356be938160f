"""A product manager defines a specification by clicking, and it governs usages."""

import pytest

from specs.models import UsageSpecification
from tests.api.payloads import call_of
from tests.browsing import browsing, keep_picture, needs_browser, session_of
from tmfusage.access import roles
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

pytestmark = [pytest.mark.django_db(transaction=True), needs_browser]


def test_a_specification_made_by_clicking_governs_usages(live_server):
    with browsing(live_server.url, session_of(roles.PRODUCT_MANAGER)) as (page, complaints):
        page.goto("/admin/specs/usagespecification/add/")
        page.fill("input[name=name]", "Clicked call")
        page.get_by_text("Add another Characteristic").click()
        page.fill("input[name=characteristics-0-name]", "unit")
        page.select_option("select[name=characteristics-0-value_type]", "string")
        page.get_by_text("Add another Allowed value").first.click()
        page.fill("textarea[name=characteristics-0-values-0-value]", '"SEC"')
        page.locator("details:has(input[name=characteristics-0-values-0-valid_from]) > summary").press("Enter")
        keep_picture(page, "specification-value")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.fill("input[name=characteristics-0-values-0-valid_from]", "2026-01-31T12:00:00")
        keep_picture(page, "specification-new")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was added successfully").wait_for()
        keep_picture(page, "specification-saved")
    assert complaints == []
    specification = UsageSpecification.objects.get(name="Clicked call")
    assert specification.members["specCharacteristic"][0]["characteristicValueSpecification"] == [
        {"value": "SEC", "validFor": {"startDateTime": "2026-01-31T12:00:00Z"}}
    ]
    with pytest.raises(TmfError):
        Usage.receive(call_of(specification.pk, usageCharacteristic=[{"name": "unit", "value": "HOUR"}]), "test")


def test_what_is_added_stands_last_and_what_is_left_empty_is_nothing(live_server):
    listed = [{"name": "b"}, {"name": "a", "characteristicValueSpecification": [{"value": 2}, {"value": 3}]}]
    specification = UsageSpecification.receive({"name": "Grown", "specCharacteristic": listed}, "test")
    with browsing(live_server.url, session_of(roles.PRODUCT_MANAGER)) as (page, complaints):
        page.goto(f"/admin/specs/usagespecification/{specification.pk}/change/")
        page.locator("#characteristics-1-values-data .add-row").click()
        page.fill("textarea[name=characteristics-1-values-2-value]", "1")
        for _number in range(2):
            page.get_by_text("Add another Characteristic").click()
        page.fill("input[name=characteristics-2-name]", "0")
        page.get_by_role("button", name="Save", exact=True).click()
        page.get_by_text("was changed successfully").wait_for()
    assert complaints == []
    after = UsageSpecification.objects.get().members["specCharacteristic"]
    assert [each["name"] for each in after] == ["b", "a", "0"]
    assert [each["value"] for each in after[1]["characteristicValueSpecification"]] == [2, 3, 1]


def test_the_sample_is_copied_by_keyboard(live_server):
    specification = UsageSpecification.receive({"name": "x", "specCharacteristic": [{"name": "a"}]}, "test")
    with browsing(live_server.url, session_of(roles.AUDITOR)) as (page, complaints):
        page.goto(f"/admin/specs/usagespecification/{specification.pk}/schema/")
        page.locator("[data-copy=sample-text]").focus()
        page.keyboard.press("Enter")
        page.get_by_text("A sample usage: copied").wait_for()
    assert complaints == []
