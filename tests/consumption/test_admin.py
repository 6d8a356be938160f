"""Consumption in the admin: who defines, who looks, who credits."""

import re
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from consumption import admin_bucket, ledger
from consumption.ledger import Request
from consumption.models import BucketSpecification, ConsumptionRule
from tests.access.factories import make_client
from tests.calling import Api
from tests.consumption.factories import NUMBER, make_bucket, make_kind, make_rule, now
from tests.consumption.test_consuming import used
from tests.specs.factories import make_specification

pytestmark = pytest.mark.django_db

BUCKETS = "/admin/consumption/bucket/"
MB = 10**6


@pytest.fixture(autouse=True)
def _nothing_cached():
    cache.clear()


def page(browser, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


KIND = {
    "name": "Data 5 GB", "usage_type": "data", "unit": "GB", "default_amount": "5", "thresholds": "50,100",
    "priority": "0", "period_count": "1", "period": "month", "renews": "on", "active": "on", "description": "",
}  # fmt: skip


def test_a_product_manager_defines_a_kind_of_bucket(manager):
    answer = manager.post("/admin/consumption/bucketspecification/add/", KIND)
    assert answer.status_code == 302, answer.content
    kind = BucketSpecification.objects.get()
    assert (kind.granted, kind.thresholds, kind.renews) == (5 * 10**9, [50, 100], True)
    assert "Data 5 GB" in page(manager, "/admin/consumption/bucketspecification/")


@pytest.mark.parametrize(
    "wrong",
    [
        {"period_count": ""},
        {"default_amount": "0.0000001"},
        {"thresholds": "101"},
        {"unit": "x" * 33},
        {"default_amount": "-5"},
    ],
)
def test_a_kind_that_cannot_work_is_refused(manager, wrong):
    assert manager.post("/admin/consumption/bucketspecification/add/", {**KIND, **wrong}).status_code == 200
    assert not BucketSpecification.objects.exists()


def test_a_kind_in_use_keeps_its_family_of_units(manager):
    kind = make_kind()
    make_bucket(bucketSpecification={"id": kind.pk})
    address = f"/admin/consumption/bucketspecification/{kind.pk}/change/"
    opened = {**KIND, "opened": kind.changed_at.isoformat()}
    assert manager.post(address, {**opened, "unit": "minutes"}).status_code == 200
    assert manager.post(address, {**opened, "unit": "MiB"}).status_code == 302


def test_a_product_manager_defines_and_disables_a_rule(manager):
    specification = make_specification()
    rule = {
        "specification": specification.pk, "characteristic": "duration", "unit": "seconds", "usage_type": "voice",
        "whose": "number", "whose_name": "", "unit_characteristic": "", "active": "on",
    }  # fmt: skip
    assert manager.post("/admin/consumption/consumptionrule/add/", rule).status_code == 302
    stored = ConsumptionRule.objects.get()
    assert "duration seconds" in page(manager, "/admin/consumption/consumptionrule/")
    assert manager.get(f"/admin/consumption/consumptionrule/{stored.pk}/delete/").status_code == 403
    assert manager.post("/admin/consumption/consumptionrule/add/", {**rule, "unit": ""}).status_code == 200


@pytest.mark.parametrize(
    ("changed", "at"),
    [
        ({}, "usage_type"),
        ({"unit": "minutes"}, "usage_type"),
        ({"usage_type": "other", "characteristic": "originatingNumber"}, "characteristic"),
        ({"characteristic": "nosuch"}, "characteristic"),
        ({"usage_type": "other", "unit_characteristic": "nosuch"}, "unit_characteristic"),
        ({"usage_type": "other", "whose_name": "nosuch"}, "whose_name"),
    ],
)
def test_a_rule_that_takes_twice_or_that_no_usage_can_meet_is_refused(manager, changed, at):
    specification = make_specification(extensible=False)
    taken = {"characteristic": "duration", "unit": "seconds", "usage_type": "voice", "whose": "number", "active": "on"}
    make_rule(specification.pk, **{**taken, "active": True})
    sent = {"specification": specification.pk, **taken, **changed}
    answer = manager.post("/admin/consumption/consumptionrule/add/", sent)
    assert list(answer.context["adminform"].form.errors) == [at]
    assert ConsumptionRule.objects.count() == 1


def test_an_open_specification_may_have_rules_for_what_it_does_not_name(manager):
    sent = {"specification": make_specification().pk, "characteristic": "tax", "unit": "EUR", "usage_type": "tax"}
    answer = manager.post("/admin/consumption/consumptionrule/add/", {**sent, "whose": "party", "active": "on"})
    assert answer.status_code == 302


def test_a_rule_out_of_force_stands_beside_its_successor_and_does_not_come_back(manager):
    specification = make_specification()
    taken = {"characteristic": "duration", "unit": "seconds", "usage_type": "voice", "whose": "number"}
    old, _new = make_rule(specification.pk, **taken, active=False), make_rule(specification.pk, **taken)
    address = f"/admin/consumption/consumptionrule/{old.pk}/change/"
    opened = manager.get(address).context["adminform"].form["opened"].value()
    assert manager.post(address, {**taken, "active": "on", "opened": opened}).status_code == 200
    assert not ConsumptionRule.objects.get(pk=old.pk).active


@pytest.mark.parametrize("term", [NUMBER, "+1 555 010 0001", "ada", "mobile-1", "line-1", "0015550100001"])
def test_a_bucket_is_found_by_whose_it_is(agent, term):
    bucket, other = make_bucket(), make_bucket(**{"logicalResource": None, "relatedParty": None, "product": None})
    answer = agent.get(BUCKETS, {"q": term})
    assert [each.pk for each in answer.context["cl"].result_list] == [bucket.pk]
    assert [each.pk for each in agent.get(BUCKETS, {"q": other.pk}).context["cl"].result_list] == [other.pk]


@pytest.mark.parametrize("term", ["nobody", "x" * 300, "%"])
def test_a_search_that_finds_nothing_says_so(agent, term):
    make_bucket()
    assert not agent.get(BUCKETS, {"q": term}).context["cl"].result_list


def test_the_list_costs_the_same_for_one_bucket_and_for_many(agent):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(agent, BUCKETS)
        return len(asked)

    make_bucket()
    statements()
    one = statements()
    for _ in range(5):
        make_bucket()
    assert statements() == one


def test_the_page_of_a_bucket_explains_every_unit(agent):
    bucket = make_bucket(100, name="<b>Data</b>")
    ledger.adjust(bucket.pk, Decimal(-20 * MB), Request("staff:ada", "sold too much"))
    text = page(agent, f"{BUCKETS}{bucket.pk}/change/")
    assert "&lt;b&gt;Data&lt;/b&gt;" in text
    for told in ("+100 MB", "-20 MB", "80 MB", "sold too much", "staff:ada", "15550100001"):
        assert told in text
    assert "Grant…" not in text


def test_only_those_who_may_credit(agent, manager):
    bucket = make_bucket()
    for browser in (agent, manager):
        assert browser.post(f"{BUCKETS}{bucket.pk}/do/grant/", {"amount": "5"}).status_code == 403
    assert now(bucket).remaining == 100 * MB


def test_an_operator_credits_with_a_reason_and_a_second_click_does_nothing(operator):
    bucket = make_bucket()
    assert "Grant…" in page(operator, f"{BUCKETS}{bucket.pk}/change/")
    form = operator.get(f"{BUCKETS}{bucket.pk}/do/grant/").context["form"]
    sent = {"amount": "0.005", "units": "GB", "reason": "complaint 17", "key": form.initial["key"]}
    for _click in range(2):
        assert operator.post(f"{BUCKETS}{bucket.pk}/do/grant/", sent).status_code == 302
    entry = bucket.entries.first()
    assert (now(bucket).remaining, entry.reason, entry.by) == (105 * MB, "complaint 17", "staff:operator")


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"units": "minutes"}, {"amount": "-101"}, {"amount": "0"}, {"amount": "1.0000001"}]
)
def test_an_adjustment_that_cannot_be_is_told_in_the_form(operator, wrong):
    bucket = make_bucket()
    sent = {"amount": "-1", "units": "MB", "reason": "wrong", "key": "k", **wrong}
    answer = operator.post(f"{BUCKETS}{bucket.pk}/do/adjust/", sent)
    assert (answer.status_code, bool(answer.context["form"].errors)) == (200, True)
    assert now(bucket).remaining == 100 * MB


def test_a_bucket_is_not_edited_and_one_that_is_gone_is_not_found(operator):
    bucket = make_bucket()
    assert operator.post(f"{BUCKETS}{bucket.pk}/change/", {"remaining": 5}).status_code == 405
    assert operator.get(f"{BUCKETS}nowhere/change/").status_code == 404
    assert operator.get(f"{BUCKETS}{bucket.pk}/do/steal/").status_code == 404
    assert operator.get(f"{BUCKETS}{bucket.pk}/delete/").status_code == 403


def test_an_unlimited_or_ended_bucket_and_one_without_amount_are_shown(operator):
    for bucket in (make_bucket(None, isUnlimited=True), make_bucket(None, status="suspended")):
        assert "Grant…" not in page(operator, f"{BUCKETS}{bucket.pk}/change/")
    assert page(operator, BUCKETS)


def test_the_specification_of_a_rule_stays(manager):
    rule, other = make_rule(make_specification().pk), make_specification()
    address = f"/admin/consumption/consumptionrule/{rule.pk}/change/"
    sent = {
        "specification": other.pk,
        "characteristic": "volume",
        "unit": "GB",
        "usage_type": "data",
        "whose": "number",
        "opened": manager.get(address).context["adminform"].form["opened"].value(),
    }
    assert manager.post(address, sent).status_code == 302
    before, rule = rule.specification_id, ConsumptionRule.objects.get(pk=rule.pk)
    assert (rule.specification_id, rule.unit) == (before, "GB")
    rule.specification = other
    with pytest.raises(ValidationError):
        rule.full_clean()


def test_a_specification_with_rules_is_not_deleted(manager):
    specification = make_specification()
    make_rule(specification.pk)
    address = f"/admin/specs/usagespecification/{specification.pk}/delete/"
    assert "consumption rule" in page(manager, address).lower()
    manager.post(address, {"post": "yes"})
    api = Api(make_client(scopes=["spec:read", "spec:write"])[1])
    refused = api.delete(f"usageSpecification/{specification.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "specificationInUse")
    assert refused.json()["message"] == "1 consumption rule refers to it."


def test_the_ledger_is_paged_to_its_first_entry(agent, monkeypatch):
    monkeypatch.setattr(admin_bucket, "MOST_ENTRIES", 2)
    bucket, address = make_bucket(), None
    for reason in ("one", "two", "three", "four"):
        ledger.grant(bucket.pk, Decimal(MB), Request("tests", reason))
    address, told = f"{BUCKETS}{bucket.pk}/change/", []
    while address:
        answer = agent.get(address)
        told.append([each["row"].reason for each in answer.context["entries"]])
        link = re.search(r"\?before=\d+", answer.content.decode())
        address = f"{BUCKETS}{bucket.pk}/change/{link[0]}" if link else None
    assert told == [["four", "three"], ["two", "one"], [""]]
    assert "Latest entries" in answer.content.decode()


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "", "²"])
def test_a_place_in_the_ledger_that_is_none_is_its_end(agent, before):
    assert "+100 MB" in page(agent, f"{BUCKETS}{make_bucket().pk}/change/?before={before}")


def test_an_entry_leads_to_its_usage(agent):
    make_rule("elsewhere")
    bucket, usage = make_bucket(), used(30)
    link = f"/admin/usage/usage/{usage.pk}/change/"
    assert link in page(agent, f"{BUCKETS}{bucket.pk}/change/")
    assert usage.pk in page(agent, link)


def test_a_bucket_that_is_over_is_shown_so(operator):
    bucket = make_bucket(validFor={"endDateTime": "2026-03-01T00:00:00Z"})
    text = page(operator, f"{BUCKETS}{bucket.pk}/change/")
    assert "Expired" in text
    assert "Grant…" not in text
    assert "Expired" in page(operator, BUCKETS)


def test_a_rule_names_its_specification(manager):
    make_rule(make_specification().pk)
    assert "Voice call 1.0" in page(manager, "/admin/consumption/consumptionrule/")
