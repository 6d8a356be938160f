"""Loading the demonstration: complete, once, and nothing that the models would not have stored themselves."""

from collections import Counter
from io import StringIO

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, Window
from django.db.models.functions import Lag
from django.test import RequestFactory

from consumption.auditing import findings
from consumption.models import Bucket, Crossing, LedgerEntry
from consumption.units import to_base
from specs.models import UsageSpecification
from tests.calling import Api
from tmfusage.access.models import ApiClient, ApiKey
from tmfusage.demo.catalogue import specifications
from tmfusage.demo.logins import LOGINS
from tmfusage.tmf import exact
from usage import lifecycle
from usage.models import StatusChange, UniqueValue, Usage

# Depends on the day of loading: the two voice specifications meet at a midnight 45 days before.
VARYING = {"validFor"}

pytestmark = pytest.mark.django_db

KEY = "tmfu_demo0123_" + "k" * 43
SECRETS = {login.variable: f"{login.username} opens 17 doors" for login in LOGINS[:4]}
TABLES = (UsageSpecification, Usage, StatusChange, UniqueValue, ApiClient, ApiKey, get_user_model())


def load(**options) -> str:
    said = StringIO()
    call_command("load_demo", stdout=said, **options)
    return said.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker):
    """The database with the demonstration in it, for all tests of this module; what the command said."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        for name, value in {**SECRETS, "DEMO_API_KEY": KEY}.items():
            patch.setenv(name, value)
        yield load()
        transaction.set_rollback(True)


def figures() -> dict:
    """Everything a second load could change, as counts and checksums."""
    tables = [model._meta.db_table for model in TABLES]
    with connection.cursor() as cursor:
        return {table: _checksum(cursor, table) for table in tables}


def _checksum(cursor, table: str) -> tuple:
    cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t")
    return cursor.fetchone()


def test_the_promised_figures_are_there(loaded):
    assert Usage.objects.count() == 5_000
    assert UsageSpecification.objects.count() == 11
    customers = Usage.objects.values_list("party_ids__0", flat=True).distinct()
    assert 198 <= customers.count() <= 200
    assert set(Usage.objects.values_list("status", flat=True)) == set(lifecycle.NEXT)


def test_every_subscriber_has_buckets_whose_ledger_explains_every_unit(loaded):
    now = Bucket.objects.filter(status="active")
    assert now.count() == 600
    assert now.of_number(now.exclude(party_ids=[]).first().members["logicalResource"][0]["value"]).count() == 3
    assert LedgerEntry.objects.filter(kind="debit").count() > 1_000
    assert findings() == []


def test_buckets_and_usages_tell_the_same(loaded):
    for usage in Usage.objects.filter(status="billed").order_by("id")[:200]:
        for impact in usage.members.get("impactedBucket", ()):
            taken = LedgerEntry.objects.filter(usage_id=usage.pk, bucket_id=impact["bucket"]["id"])
            told = sum(to_base(item["amount"]["amount"], item["amount"]["units"]) for item in impact["item"])
            assert sum(abs(entry.amount) for entry in taken) == told


def test_a_ledger_tells_what_happened_in_the_order_of_time(loaded):
    before = Window(Lag("at"), partition_by=F("bucket_id"), order_by="id")
    entries = LedgerEntry.objects.annotate(before=before).values_list("bucket_id", "at", "before")
    assert [bucket for bucket, at, earlier in entries if earlier and at < earlier] == []


def test_nothing_is_taken_of_a_bucket_when_it_is_not_valid(loaded):
    taken = LedgerEntry.objects.filter(kind__in=["debit", "unlimited"])
    outside = taken.filter(Q(at__lt=F("bucket__valid_from")) | Q(at__gte=F("bucket__valid_to")))
    assert list(outside.values_list("bucket_id", "at")) == []


def test_what_is_left_expires_once_and_at_the_end_of_the_validity(loaded):
    expiries = LedgerEntry.objects.filter(kind="expiry")
    assert expiries.count() == expiries.values("bucket_id").distinct().count() > 100
    assert list(expiries.exclude(at=F("bucket__valid_to")).values_list("bucket_id", "at")) == []


def test_a_ledger_says_after_each_usage_what_the_usage_says(loaded):
    debits = LedgerEntry.objects.filter(kind="debit")
    usages = Usage.objects.in_bulk(set(debits.values_list("usage_id", flat=True)))
    for entry in debits:
        after = usages[entry.usage_id].members["impactedBucket"][0]["amountAfter"]
        assert entry.resulting_remaining == to_base(after["amount"], after["units"])


def test_a_threshold_is_crossed_by_an_entry_of_that_moment(loaded):
    entries = LedgerEntry.objects.filter(bucket_id=OuterRef("bucket_id"), at=OuterRef("at"))
    assert Crossing.objects.filter(Exists(entries.filter(kind__in=["debit", "overage"]))).count() > 50
    assert not Crossing.objects.exclude(Exists(entries)).exists()


def test_progress_is_told(loaded):
    assert "11 usage specifications loaded." in loaded
    assert "5,000 usages loaded." in loaded
    assert "Demonstration ready after" in loaded


def test_loading_again_changes_nothing(loaded):
    before = figures()
    said = load()
    assert "none are added" in said
    assert figures() == before


def test_columns_agree_with_documents(loaded):
    for usage in Usage.objects.order_by("id")[:400]:
        stored = {name: getattr(usage, name) for name in ("party_ids", "numbers", "product_ids", "external_ids")}
        usage.promote(usage.members)
        assert stored == {name: getattr(usage, name) for name in stored}
        assert usage.specification.name == usage.members["usageSpecification"]["name"]


def test_specifications_say_what_the_catalogue_says(loaded):
    for document in specifications(Usage.objects.latest("created_at").created_at):
        stored = UsageSpecification.objects.get(pk=document["id"])
        told = {name: item for name, item in stored.shown.items() if name not in {"lastUpdate", *VARYING}}
        assert told == {name: item for name, item in document.items() if name not in VARYING}


def test_the_history_of_each_usage_ends_in_its_status(loaded):
    last = dict(StatusChange.objects.order_by("id").values_list("usage_id", "to_status"))
    statuses = dict(Usage.objects.values_list("id", "status"))
    assert {name: last.get(name, "received") for name in statuses} == statuses


def test_unique_values_are_claimed(loaded):
    calls = Usage.objects.filter(specification_id="voice-2.0").exclude(status__in=lifecycle.SET_ASIDE).count()
    assert Counter(UniqueValue.objects.values_list("specification_id", flat=True)) == {"voice-2.0": calls}


def test_a_usage_can_go_on_along_its_life_cycle(loaded):
    usage = Usage.objects.filter(status="rated").first()
    with transaction.atomic():
        usage.move_to("billed", by="test")
        assert usage.changes.last().to_status == "billed"
        transaction.set_rollback(True)


def test_the_api_shows_specifications_and_usages_to_the_demo_key(loaded):
    api = Api(KEY)
    assert api.get("usageSpecification").json()[0]["specCharacteristic"]
    found = api.get("usage?usageType=Voice&status=rejected&limit=5").json()
    assert {usage["status"] for usage in found} == {"rejected"}


@pytest.mark.parametrize(
    "specification",
    ["voice-2.0", "voicemail-1.1", "sms-1.3", "mms-1.0", "data-3.0", "roaming-call-2.1", "roaming-data-2.1", "tv-1.4"],
)
def test_the_api_takes_another_usage_of_each_active_specification(loaded, specification):
    example = Usage.objects.filter(specification_id=specification).first().members
    body = {name: example[name] for name in ("usageDate", "usageType", "usageSpecification", "usageCharacteristic")}
    for part in body["usageCharacteristic"]:
        part["value"] = "0123456789ABCDEF" if part["name"] == "callReference" else part["value"]
    answer = Api(KEY).post("usage", exact.dumps(body))
    assert answer.status_code == 201, answer.content
    assert answer.json()["status"] == "received"


def test_the_api_refuses_a_usage_of_the_retired_specification(loaded):
    example = Usage.objects.filter(specification_id="voice-1.0").first().members
    body = {name: example[name] for name in ("usageDate", "usageSpecification", "usageCharacteristic")}
    answer = Api(KEY).post("usage", exact.dumps(body))
    assert answer.status_code == 400
    assert "retired" in answer.json()["message"]


@pytest.mark.parametrize("login", LOGINS[:4], ids=lambda login: login.username)
def test_every_login_works(loaded, login):
    user = authenticate(RequestFactory().post("/"), username=login.username, password=SECRETS[login.variable])
    assert user is not None
    assert user.is_staff
    assert [group.name for group in user.groups.all()] == ([login.group] if login.group else [])
    assert user.is_superuser == (login.username == "admin")


def test_the_auditor_cannot_log_in_without_a_password_of_the_environment(loaded):
    assert not get_user_model().objects.get(username="auditor").has_usable_password()
    assert "DEMO_AUDITOR_PASSWORD" in loaded


def test_only_a_reset_gives_existing_logins_the_secrets_of_the_environment(loaded, monkeypatch):
    agent = get_user_model().objects.get(username="care.agent")
    monkeypatch.setenv("DEMO_AGENT_PASSWORD", "another door of 17")
    with transaction.atomic():
        load()
        agent.refresh_from_db()
        assert not agent.check_password("another door of 17")
        load(reset_logins=True)
        agent.refresh_from_db()
        assert agent.check_password("another door of 17")
        transaction.set_rollback(True)


def test_no_secret_is_told(loaded):
    assert not [secret for secret in (KEY, *SECRETS.values()) if secret in loaded]
