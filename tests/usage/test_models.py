"""Usage: its document is kept exactly, its columns follow the document."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from tests.specs.factories import make_specification
from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

pytestmark = pytest.mark.django_db


def entry(name: str, value) -> dict:
    return {"name": name, "value": value}


def test_each_promoted_column_follows_the_document():
    usage = make_usage(
        "rated",
        usageDate="2026-03-01T13:00:00.5+01:00",
        usageSpecification={"id": "elsewhere"},
        ratedProductUsage=[{"productRef": {"id": "p1"}}, {"taxRate": 20}, {"productRef": {"id": "p1"}}],
        relatedParty=[{"id": "acme"}, {"id": "ada"}, {"id": "acme"}],
        externalIdentifier=[{"id": "cdr-1"}, {"id": "cdr-2"}],
    )
    usage.refresh_from_db()
    assert usage.usage_date == datetime(2026, 3, 1, 12, 0, 0, 500_000, UTC)
    assert (usage.usage_type, usage.specification_id, usage.status) == ("voice", "elsewhere", "rated")
    assert (usage.product_ids, usage.party_ids, usage.external_ids) == (["p1"], ["acme", "ada"], ["cdr-1", "cdr-2"])


def test_promoted_columns_are_emptied_with_the_document():
    usage = make_usage(externalIdentifier=[{"id": "cdr-1"}], usageSpecification={"id": "elsewhere"})
    usage.amend({}, "tests")
    usage.refresh_from_db()
    assert (usage.usage_date, usage.usage_type, usage.specification_id) == (None, "", None)
    assert usage.party_ids == usage.external_ids == usage.product_ids == usage.numbers == []
    assert usage.document == "{}"


def test_phone_numbers_are_promoted_as_digits():
    written = ["+1 (555) 010-0001", "00 1 555 0100002", "15550100001", "tel:123456", "12", "1" * 16]
    usage = make_usage(usageCharacteristic=[entry("originatingNumber", number) for number in written])
    assert usage.numbers == ["15550100001", "0015550100002", "123456"]


def test_a_phone_number_sent_as_json_number_is_found():
    usage = make_usage(usageCharacteristic=[entry("msisdn", 15550100001), entry("duration", 4915550100002)])
    assert list(Usage.objects.of_number("+1 555-010-0001")) == [usage]
    assert not Usage.objects.of_number("4915550100002").exists()


def test_settings_name_the_characteristics_that_are_phone_numbers(settings):
    settings.USAGE_NUMBER_CHARACTERISTICS = ["caller"]
    usage = make_usage(usageCharacteristic=[entry("caller", "+15550100001"), entry("msisdn", "+15550100002")])
    assert usage.numbers == ["15550100001"]


def test_every_digit_of_a_number_is_kept():
    values = [Decimal("2.50"), Decimal("0.1"), Decimal("12345678901234567.890123"), 9007199254740993, Decimal("1E+30")]
    usage = make_usage(usageCharacteristic=[entry("n", value) for value in values])
    stored = Usage.objects.get(pk=usage.pk)
    assert [str(each["value"]) for each in stored.members["usageCharacteristic"]] == [str(value) for value in values]
    assert '"value":2.50' in stored.document


def test_the_document_is_stored_to_the_letter():
    text = '{ "b": 1.10,\n  "a": "naïve ☎ \\u00e9" }'
    usage = Usage.objects.create(type="Usage", document=text)
    assert Usage.objects.get(pk=usage.pk).document == text


def test_members_keep_their_json_type_order_and_unknown_names():
    members = {"zeta": [1, "1", True, None, {"a": {}}], "alpha": {"b": []}, "usageType": "voice"}
    stored = Usage.objects.get(pk=Usage.receive(members, "tests").pk)
    assert stored.members == members
    assert list(stored.members) == ["zeta", "alpha", "usageType"]


def test_what_stands_in_columns_does_not_stand_in_the_document():
    usage = make_usage(**{"@type": "PartnerUsage", "id": "mine", "href": "http://x/"})
    assert (usage.type, usage.id == "mine") == ("PartnerUsage", False)
    assert not {"id", "href", "@type", "status"} & usage.members.keys()
    assert (usage.shown["@type"], usage.shown["status"], usage.shown["id"]) == ("PartnerUsage", "received", usage.id)


def test_a_change_counts_the_revision_and_the_same_again_does_not():
    usage = make_usage()
    usage.last_update = timezone.now() - timedelta(days=1)
    usage.amend(usage.shown, "tests")
    assert usage.revision == 1
    usage.amend({**usage.shown, "description": "new"}, "tests")
    stored = Usage.objects.get(pk=usage.pk)
    assert (stored.revision, stored.members["description"]) == (2, "new")
    assert timezone.now() - stored.last_update < timedelta(minutes=1)


def test_history_says_who_when_from_where_to_where_and_why():
    usage = make_usage()
    usage.move_to("rejected", "staff:ada", "number ported")
    usage.move_to("recycled", "client:mediation")
    told = [(each.from_status, each.to_status, each.by, each.reason) for each in usage.changes.all()]
    assert told == [
        ("received", "rejected", "staff:ada", "number ported"),
        ("rejected", "recycled", "client:mediation", ""),
    ]
    assert timezone.now() - usage.changes.last().at < timedelta(minutes=1)
    assert usage.created_by == "tests"


def test_a_change_of_members_alone_is_no_history():
    usage = make_usage()
    usage.amend({**usage.shown, "description": "new"}, "tests")
    assert not usage.changes.exists()


def test_a_usage_that_breaks_its_specification_is_not_stored():
    specification = make_specification()
    with pytest.raises(TmfError) as refusal:
        make_usage(usageSpecification={"id": specification.pk}, usageCharacteristic=[entry("duration", -1)])
    assert len(refusal.value.violations) == 2
    assert not Usage.objects.exists()


def test_an_unknown_specification_is_accepted_unless_references_are_strict(settings):
    make_usage(usageSpecification={"id": "elsewhere"})
    settings.STRICT_REFERENCES = True
    with pytest.raises(TmfError) as refusal:
        make_usage(usageSpecification={"id": "elsewhere"})
    assert refusal.value.code == "referenceNotFound"


def test_a_recycled_usage_is_guided_only_when_it_keeps_to_its_specification():
    specification = make_specification()
    usage = make_usage("recycled", usageSpecification={"id": specification.pk})
    specification.amend({**specification.members, "lifecycleStatus": "Retired"}, "tests")
    with pytest.raises(TmfError):
        usage.move_to("guided", "tests")
    Usage.objects.get(pk=usage.pk).move_to("rejected", "tests", "specification retired")


def test_the_column_of_the_document_is_json_text():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT data_type FROM information_schema.columns WHERE table_name = 'usage_usage' "
            "AND column_name = 'document' AND table_schema = current_schema()"
        )
        assert cursor.fetchone() == ("json",)


@pytest.mark.parametrize("party", ['a"b', "a\\b", "{a,b}", "NULL", " a ", "ä€😀", "a\nb", "'; --", "%s"])
def test_any_text_survives_in_an_array_column(party):
    usage = make_usage(relatedParty=[{"id": party, "@referredType": "Individual"}, {"id": "acme"}])
    assert Usage.objects.get(pk=usage.pk).party_ids == [party, "acme"]
