"""Moving usages in the admin: by those who may, as the life cycle allows, written down."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.specs.factories import make_specification
from tests.usage.conftest import ADDRESS, logged_in
from tests.usage.factories import make_usage
from tmfusage.access import roles
from usage import lifecycle
from usage.admin_moves import MOST_AT_ONCE
from usage.models import Usage
from usage.moving import MOVES, move_many

pytestmark = pytest.mark.django_db


def target(usage: Usage, status: str) -> str:
    return f"{ADDRESS}{usage.pk}/move/{status}/"


def offered(browser, usage: Usage) -> set[str]:
    """The moves for which the page has a button."""
    shown = browser.get(f"{ADDRESS}{usage.pk}/change/").content.decode()
    return set(re.findall(rf'(?:action|href)="{re.escape(ADDRESS + usage.pk)}/move/(\w+)/"', shown))


def stored(usage: Usage) -> Usage:
    return Usage.objects.get(pk=usage.pk)


def told(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def selected(action: str, *usages: Usage, **fields) -> dict:
    return {"action": action, "_selected_action": [usage.pk for usage in usages], **fields}


@pytest.mark.parametrize("status", lifecycle.NEXT)
def test_the_page_offers_exactly_the_moves_of_the_life_cycle(operator, status):
    rating = [{"taxRate": 20}]
    assert offered(operator, make_usage(status, ratedProductUsage=rating)) == set(lifecycle.NEXT[status])


def test_rating_is_offered_only_to_a_usage_that_carries_a_rating(operator):
    assert offered(operator, make_usage("guided")) == {"rejected"}


@pytest.mark.parametrize("role", [roles.PRODUCT_MANAGER, roles.CUSTOMER_CARE, roles.AUDITOR])
def test_who_may_only_read_is_offered_nothing_and_refused(role):
    usage, browser = make_usage(), logged_in(role)
    assert offered(browser, usage) == set()
    assert browser.get(target(usage, "rejected")).status_code == 403
    assert browser.post(target(usage, "guided")).status_code == 403
    assert "guide_selected" not in browser.get(ADDRESS).content.decode()
    browser.post(ADDRESS, selected("guide_selected", usage))
    assert stored(usage).status == "received"


@pytest.mark.parametrize(
    ("before", "after"), [(before, after) for before, to in lifecycle.NEXT.items() for after in to]
)
def test_an_operator_makes_each_move_and_it_is_written_down(operator, before, after):
    usage = make_usage(before, ratedProductUsage=[{"taxRate": 20}])
    response = operator.post(target(usage, after), {"reason": " checked by hand ", "seen": before}, follow=True)
    assert told(response) == [f"The usage is {Usage.Status(after).label} now."]
    change = usage.changes.last()
    assert (change.to_status, change.by, change.reason) == (after, "staff:operator", "checked by hand")
    assert stored(usage).status == after


def test_a_superuser_may_move_too(client):
    usage = make_usage()
    client.force_login(User.objects.create_superuser("root"))
    client.post(target(usage, "guided"))
    assert usage.changes.get().by == "staff:root"


@pytest.mark.parametrize("reason", ["", "   ", None, "x" * 1001])
def test_rejecting_needs_a_reason(operator, reason):
    usage = make_usage()
    response = operator.post(target(usage, "rejected"), {} if reason is None else {"reason": reason})
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert stored(usage).status == "received"
    assert not usage.changes.exists()


def test_the_page_that_asks_for_the_reason_changes_nothing(operator):
    usage = make_usage()
    shown = operator.get(target(usage, "rejected")).content.decode()
    assert re.search(r'<label for="id_reason">Reason', shown)
    assert stored(usage).status == "received"


def test_billing_is_asked_twice_for_it_is_final(operator):
    usage = make_usage("rated")
    shown = operator.get(target(usage, "billed")).content.decode()
    assert "This is final" in shown
    assert stored(usage).status == "rated"


def test_a_move_that_the_life_cycle_forbids_is_told_as_the_api_tells_it(operator):
    usage = make_usage("rated")
    response = operator.post(target(usage, "guided"), follow=True)
    assert "cannot go from rated to guided" in told(response)[0]
    assert stored(usage).status == "rated"
    assert told(operator.get(target(usage, "guided"), follow=True)) == ["The life cycle does not allow this now."]


def test_a_move_that_its_specification_forbids_names_the_rules(operator):
    specification = make_specification()
    usage = make_usage("recycled", usageSpecification={"id": specification.pk})
    specification.amend({**specification.members, "lifecycleStatus": "Retired"}, "tests")
    (message,) = told(operator.post(target(usage, "guided"), follow=True))
    assert "$.usageSpecification" in message
    assert "retired" in message
    assert stored(usage).status == "recycled"


def test_a_usage_that_somebody_else_moved_meanwhile_is_left_alone(operator):
    usage = make_usage()
    usage.move_to("rejected", "client:mediation")
    usage.move_to("recycled", "client:mediation")
    (message,) = told(operator.post(target(usage, "guided"), {"seen": "received"}, follow=True))
    assert "meanwhile" in message
    assert stored(usage).status == "recycled"


def test_moving_twice_is_written_down_once(operator):
    usage = make_usage()
    operator.post(target(usage, "guided"))
    *_first, message = told(operator.post(target(usage, "guided"), follow=True))
    assert "already" in message
    assert usage.changes.count() == 1


@pytest.mark.parametrize("status", ["received", "lost"])
def test_there_is_no_page_for_a_move_that_does_not_exist(operator, status):
    assert operator.post(target(make_usage(), status)).status_code == 404


def test_no_page_moves_a_usage_that_does_not_exist(operator):
    assert operator.post(f"{ADDRESS}nothing/move/guided/").status_code == 404


def test_a_move_needs_the_token_of_the_form(operator):
    usage = make_usage()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = operator.cookies
    assert strict.post(target(usage, "guided")).status_code == 403
    assert stored(usage).status == "received"


def test_selected_usages_are_guided_and_the_others_explained(operator):
    movable = [make_usage() for _ in range(3)]
    billed = make_usage("billed")
    response = operator.post(ADDRESS, selected("guide_selected", *movable, billed), follow=True)
    done, refused = told(response)
    assert done == "3 usages are Guided now."
    assert refused.startswith("1 usage was not moved:")
    assert billed.pk in refused
    assert {stored(usage).status for usage in movable} == {"guided"}
    assert movable[0].changes.get().by == "staff:operator"


def test_selected_usages_are_recycled(operator):
    usage = make_usage("rejected")
    assert told(operator.post(ADDRESS, selected("recycle_selected", usage), follow=True)) == [
        "1 usage is Recycled now."
    ]


def test_rejecting_selected_usages_asks_for_the_reason_first(operator):
    usages = [make_usage(), make_usage("guided")]
    asked = operator.post(ADDRESS, selected("reject_selected", *usages))
    assert asked.status_code == 200
    assert all(usage.pk in asked.content.decode() for usage in usages)
    assert {stored(usage).status for usage in usages} == {"received", "guided"}
    again = operator.post(ADDRESS, selected("reject_selected", *usages, apply="1", reason=" "))
    assert 'role="alert"' in again.content.decode()
    fields = {"apply": "1", "reason": "wrong tariff"}
    assert told(operator.post(ADDRESS, selected("reject_selected", *usages, **fields), follow=True)) == [
        "2 usages are Rejected now."
    ]
    assert [usage.changes.get().reason for usage in usages] == ["wrong tariff"] * 2


def test_no_more_than_a_bounded_number_moves_at_once(operator):
    usage = make_usage()
    everything = selected("guide_selected", usage, select_across="1")
    assert str(MOST_AT_ONCE) in told(operator.post(ADDRESS, everything, follow=True))[0]
    many = {"action": "guide_selected", "_selected_action": [usage.pk] * (MOST_AT_ONCE + 1)}
    assert str(MOST_AT_ONCE) in told(operator.post(ADDRESS, many, follow=True))[0]
    assert stored(usage).status == "received"


def test_a_selected_usage_that_is_gone_is_told():
    outcome = move_many(["nothing"], "guided", "staff:ada")
    assert (outcome.moved, outcome.refused) == (0, {"It does not exist any more.": ["nothing"]})


def test_each_status_that_can_be_reached_has_its_button():
    assert set(MOVES) == {after for to in lifecycle.NEXT.values() for after in to}
