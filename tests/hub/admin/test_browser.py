"""Listeners and deliveries in a real browser."""

from contextlib import contextmanager

import pytest

from tests.browsing import browsing, keep_picture, needs_browser, session_of
from tests.hub.making import happen, make_hub
from tmfusage.access import roles
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Delivery, Hub

pytestmark = [needs_browser, pytest.mark.django_db(transaction=True)]


@contextmanager
def operating(address: str):
    """A page of an operator, of which the browser has nothing to complain."""
    with browsing(address, session_of(roles.OPERATOR)) as (page, complaints):
        yield page
        assert not complaints


def test_an_operator_reads_why_a_delivery_failed_and_sends_it_again(live_server, listener, settings):
    settings.HUB_RETRY_SCHEDULE = []
    listener.answer = lambda _received: 500
    make_hub(listener.url)
    happen("4711")
    Drain().run()
    with operating(live_server.url) as page:
        page.goto("/admin/hub/hub/")
        keep_picture(page, "listeners")
        page.get_by_role("link", name=listener.url).first.click()
        keep_picture(page, "listener")
        page.get_by_role("link", name="ThingCreateEvent").first.click()
        assert page.get_by_role("cell", name="500").first.is_visible()
        keep_picture(page, "delivery")
        page.get_by_role("button", name="Resend").click()
        assert page.get_by_text("It is delivered again.").is_visible()
        page.goto("/admin/hub/event/")
        keep_picture(page, "events")
    assert Delivery.objects.get().state == Delivery.State.PENDING


def test_a_new_secret_is_shown_once_to_be_copied(live_server):
    hub = make_hub()
    with operating(live_server.url) as page:
        page.goto(f"/admin/hub/hub/{hub.pk}/change/")
        page.get_by_role("link", name="Rotate secret").click()
        keep_picture(page, "rotating")
        page.get_by_role("button", name="Rotate secret").click()
        secret = page.locator("#secret").inner_text()
        keep_picture(page, "secret")
    assert secret == Hub.objects.get().secrets[0]
