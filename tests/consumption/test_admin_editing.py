"""Two editors of one kind of bucket, rule or heading: the second is told and loses nothing."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consumption.models import ReportHeading
from tests.consumption.factories import make_kind, make_rule
from tests.specs.factories import make_specification
from tests.specs.test_admin import form_of
from tests.usage.conftest import logged_in
from tmfusage.access import roles

pytestmark = pytest.mark.django_db

MADE = {
    "bucketspecification": (roles.PRODUCT_MANAGER, make_kind, "name"),
    "consumptionrule": (roles.PRODUCT_MANAGER, lambda: make_rule(make_specification().pk), "usage_type"),
    "reportheading": (roles.OPERATOR, lambda: ReportHeading.objects.create(key="line-1"), "name"),
}


@pytest.fixture(params=MADE)
def editing(request):
    """A browser, the page of a row, the row, and a text of it."""
    role, make, field = MADE[request.param]
    row = make()
    return logged_in(role), reverse(f"admin:consumption_{request.param}_change", args=[row.pk]), row, field


def stored(row, field: str) -> str:
    return getattr(type(row).objects.get(pk=row.pk), field)


def test_the_second_is_told_who_was_faster_and_may_then_replace(editing):
    browser, address, row, field = editing
    opened = form_of(browser, address)
    assert browser.post(address, {**opened, field: "faster"}).status_code == 302
    second = browser.post(address, {**opened, field: "slower"})
    page = second.content.decode()
    assert second.status_code == 200
    assert "changed this on" in page
    assert f"staff:{second.wsgi_request.user.get_username()}" in page
    assert (stored(row, field), second.context["adminform"].form[field].value()) == ("faster", "slower")
    again = {**opened, field: "slower", "opened": second.context["adminform"].form["opened"].value()}
    assert browser.post(address, again).status_code == 302
    assert stored(row, field) == "slower"


def test_a_page_that_does_not_say_what_was_seen_replaces_nothing(editing):
    browser, address, row, field = editing
    blind = {key: text for key, text in form_of(browser, address).items() if key != "opened"}
    before = stored(row, field)
    assert browser.post(address, {**blind, field: "blind"}).status_code == 200
    assert stored(row, field) == before


def test_the_row_is_locked_while_it_is_being_saved(editing):
    browser, address, _row, _field = editing
    opened = form_of(browser, address)
    with CaptureQueriesContext(connection) as asked:
        browser.post(address, opened)
    assert any("FOR UPDATE" in each["sql"] for each in asked)


def test_who_only_looks_sees_no_stamp(editing):
    _browser, address, *_ = editing
    page = logged_in(roles.AUDITOR).get(address).content.decode()
    assert "opened" not in page.lower().replace("opened=", "")
