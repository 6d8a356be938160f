"""The page of one usage: a document to read, complete and exact, and nothing to edit."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.utils import translation

from tests.access.factories import make_client
from tests.calling import Api
from tests.specs.factories import make_specification
from tests.usage.conftest import ADDRESS, logged_in
from tests.usage.factories import make_usage
from tmfusage.access import roles
from usage import showing
from usage.models import Usage

pytestmark = pytest.mark.django_db
ODD_ID = "0.0.0.1+-event-billing:cycle_forward_monthly@x,y=~1"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def page(browser, usage: Usage) -> str:
    response = browser.get(address(usage))
    assert response.status_code == 200, response.headers
    return response.content.decode()


def address(usage: Usage) -> str:
    return f"{ADDRESS}{usage.pk}/change/"


def section(shown: str, title: str) -> str:
    """The text of one section, without its tags."""
    found = re.search(rf'<section[^>]*aria-labelledby="{title}-title".*?</section>', shown, re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0])) if found else ""


def test_the_page_shows_what_when_whose_and_where(operator):
    shown = section(page(operator, make_usage("guided", description="A call home")), "usage")
    for text in ("voice", "Guided", "March 1, 2026, 12:00:00", "A call home", "15550100001", "tests"):
        assert text in shown


def test_characteristics_show_value_unit_and_type(operator):
    specification = make_specification()
    usage = make_usage(usageSpecification={"id": specification.pk})
    usage.amend(
        {
            **usage.shown,
            "usageCharacteristic": [
                {"name": "originatingNumber", "value": "+15550100001"},
                {"name": "duration", "value": 12345},
                {"name": "start", "valueType": "dateTime", "value": "2026-03-01T13:00:00+01:00"},
                {"name": "roaming", "value": False},
                {"name": "cell", "value": {"id": [1, "2"]}},
            ],
        },
        "tests",
    )
    shown = page(operator, usage)
    rows = section(shown, "characteristics")
    for text in ("duration 12,345 s integer", "start March 1, 2026, 12:00:00 dateTime", "roaming no", "&quot;id&quot;"):
        assert text in rows
    assert '<bdi class="usage-phone" dir="ltr">+15550100001</bdi>' in shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("12345678901234567.890"), "12,345,678,901,234,567.890"),
        (Decimal("2.50"), "2.50"),
        (Decimal("0.10000000000000000001"), "0.10000000000000000001"),
        (9007199254740993, "9,007,199,254,740,993"),
        (Decimal("-1E-7"), "-0.0000001"),
    ],
)
def test_every_digit_of_a_number_is_shown(operator, value, text):
    usage = make_usage(usageCharacteristic=[{"name": "n", "value": value}])
    shown = page(operator, usage)
    assert f"n {text} " in section(shown, "characteristics")
    assert str(value) in section(shown, "raw")


def test_numbers_and_dates_are_written_as_the_reader_writes_them():
    with translation.override("de"):
        assert showing.number(Decimal("1234567.50")) == "1.234.567,50"
        assert showing.moment(datetime(2026, 3, 1, 12, tzinfo=UTC)) == "1. März 2026, 12:00:00"


def test_the_rating_shows_amounts_with_their_currency(operator):
    rating = {
        "productRef": {"id": "mobile-1", "name": "Mobile M"},
        "ratingDate": "2026-03-02T00:00:00Z",
        "usageRatingTag": "usage",
        "taxExcludedRatingAmount": {"unit": "OMR", "value": Decimal("1234.500")},
        "taxIncludedRatingAmount": {"unit": "OMR", "value": Decimal("1296.225")},
        "taxRate": 5,
        "isBilled": False,
    }
    shown = section(page(operator, make_usage("rated", ratedProductUsage=[rating])), "ratings")
    for text in ("Mobile M", "mobile-1", "1,234.500 OMR", "1,296.225 OMR", "March 2, 2026", "usage", "5 %"):
        assert text in shown


def test_parties_buckets_identifiers_and_unknown_members_have_their_places(operator):
    bucket = {
        "bucket": {"id": "b-1", "name": "Minutes"},
        "amountBefore": {"amount": Decimal("10.5"), "units": "min"},
        "amountAfter": {"amount": 9, "units": "min"},
        "item": [{"name": "debit", "amount": {"amount": Decimal("1.5"), "units": "min"}}],
    }
    usage = make_usage(
        impactedBucket=[bucket],
        externalIdentifier=[{"id": "CDR-17", "owner": "partner"}],
        partnerNote={"batch": 17},
    )
    shown = page(operator, usage)
    assert "acme" in section(shown, "parties")
    assert "Minutes b-1 10.5 min 9 min debit 1.5 min" in section(shown, "buckets")
    assert "CDR-17 partner" in section(shown, "identifiers")
    assert "partnerNote { &quot;batch&quot;: 17 }" in section(shown, "others")


def test_the_history_says_who_when_from_where_to_where_and_why(operator):
    usage = make_usage()
    usage.move_to("rejected", "staff:ada", "wrong\nnumber")
    usage.move_to("recycled", "client:mediation")
    shown = section(page(operator, usage), "history")
    assert "Received tests It arrived." in shown
    assert "Received Rejected staff:ada wrong number" in shown
    assert "Rejected Recycled client:mediation" in shown


def test_the_picture_says_where_the_usage_is_and_has_been(operator):
    shown = page(operator, make_usage("recycled"))
    states = re.findall(r"usage-step--(\w+)\".*?</span>(\w+)<span", shown)
    assert {label: state for state, label in states} == {
        "Received": "passed",
        "Guided": "ahead",
        "Rated": "ahead",
        "Billed": "ahead",
        "Rejected": "passed",
        "Recycled": "current",
        "Rerated": "ahead",
    }
    assert shown.count('aria-current="step"') == 1


def test_the_raw_record_is_the_one_the_api_gives(operator):
    api = Api(make_client(scopes=["usage:read"])[1])
    usage = make_usage("rated", **{"@type": "PartnerUsage"})
    raw = operator.get(address(usage)).context["raw"]
    given = api.get(f"usage/{usage.pk}").json()
    given.pop("href")
    assert usage.__class__.members.fget(Usage(document=raw)) == given


def test_the_specification_is_linked_and_its_broken_rules_are_told(operator):
    specification = make_specification()
    usage = make_usage(usageSpecification={"id": specification.pk})
    assert "keeps to every rule" in page(operator, usage)
    specification.amend({**specification.members, "lifecycleStatus": "Retired"}, "tests")
    shown = page(operator, usage)
    assert "is retired" in section(shown, "rules")
    assert f"/admin/specs/usagespecification/{specification.pk}/change/" in shown


def test_an_unknown_specification_is_named_without_a_link(operator):
    shown = section(page(operator, make_usage(usageSpecification={"id": "elsewhere"})), "usage")
    assert "elsewhere (not kept here)" in re.sub(r"\(\s+", "(", shown)


def test_hostile_text_is_shown_as_text(operator):
    specification = make_specification(name=HOSTILE, specCharacteristic=[{"name": "x", "description": HOSTILE}])
    usage = make_usage(
        usageType=HOSTILE,
        description=HOSTILE,
        usageSpecification={"id": specification.pk},
        usageCharacteristic=[
            {"name": HOSTILE, "valueType": HOSTILE, "value": HOSTILE},
            {"name": "x", "value": [HOSTILE]},
        ],
        relatedParty=[{"id": HOSTILE, "name": HOSTILE, "role": HOSTILE}],
        externalIdentifier=[{"id": HOSTILE, "owner": HOSTILE}],
        impactedBucket=[{"name": HOSTILE, "item": [{"name": HOSTILE, "reason": HOSTILE}]}],
        ratedProductUsage=[{"usageRatingTag": HOSTILE, "taxIncludedRatingAmount": {"value": 1, "unit": HOSTILE}}],
        **{HOSTILE: HOSTILE},
    )
    usage.move_to("rejected", HOSTILE, HOSTILE)
    for shown in (page(operator, usage), operator.get(ADDRESS).content.decode()):
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "&lt;script&gt;alert(1)" in shown


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"usageCharacteristic": [{"name": "n", "value": None}], "description": None},
        {"ratedProductUsage": [{}], "impactedBucket": [{}]},
        {"impactedBucket": [{"amountBefore": {"amount": "many"}, "item": [{"amount": {"units": "MB"}}]}]},
        {"usageCharacteristic": [{"name": "d", "valueType": "dateTime", "value": "soon"}]},
        {"usageCharacteristic": [{"name": "d", "valueType": ["?"], "value": 1}]},
        {"ratedProductUsage": [{"ratingDate": 5, "taxIncludedRatingAmount": "12", "taxRate": "five"}]},
    ],
)
def test_whatever_a_record_holds_can_be_read(operator, members):
    assert operator.get(address(Usage.receive(members, "tests"))).status_code == 200


def test_an_id_with_odd_characters_works_in_every_link(operator):
    usage = make_usage()
    Usage.objects.filter(pk=usage.pk).update(id=ODD_ID)
    listed = operator.get(ADDRESS).content.decode()
    (link,) = re.findall(r'href="(/admin/usage/usage/[^"?]+/change/)', listed)
    shown = operator.get(link)
    assert shown.context["usage"].pk == ODD_ID
    (target,) = re.findall(r'action="([^"]+/move/guided/)"', shown.content.decode())
    assert operator.post(target).status_code == 302
    assert Usage.objects.get(pk=ODD_ID).status == "guided"


def test_there_is_nothing_to_edit(operator):
    usage = make_usage()
    assert operator.post(address(usage), {"usage_type": "data"}).status_code == 405
    assert operator.get(f"{ADDRESS}add/").status_code == 403
    assert operator.get(f"{ADDRESS}{usage.pk}/delete/").status_code == 403
    assert Usage.objects.get(pk=usage.pk).usage_type == "voice"


def test_not_even_a_superuser_adds_changes_or_deletes(client):
    usage = make_usage()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get(f"{ADDRESS}add/").status_code == 403
    assert client.post(f"{ADDRESS}{usage.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(address(usage), {}).status_code == 405
    assert "delete_selected" not in client.get(ADDRESS).content.decode()


@pytest.mark.parametrize("role", [roles.PRODUCT_MANAGER, roles.CUSTOMER_CARE, roles.AUDITOR, roles.OPERATOR])
def test_every_role_reads_usages(role):
    usage = make_usage()
    browser = logged_in(role)
    assert usage.pk in browser.get(ADDRESS).content.decode()
    assert usage.pk in page(browser, usage)


def test_who_may_not_view_usages_sees_none(client):
    usage = make_usage()
    client.force_login(User.objects.create_user("guest", is_staff=True))
    assert client.get(ADDRESS).status_code == 403
    assert client.get(address(usage)).status_code == 403
    assert client.post(f"{ADDRESS}{usage.pk}/move/guided/").status_code == 403


def test_an_unknown_usage_leads_back_with_a_message(operator):
    response = operator.get(f"{ADDRESS}nothing/change/", follow=True)
    assert "doesn’t exist" in response.content.decode()
