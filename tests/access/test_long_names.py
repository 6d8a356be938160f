"""The longest names that callers can have fit wherever it is written down who did something."""

import pytest
from django.contrib.auth.models import User
from django.db import models
from django.test import Client

from consumption.models import BalanceAction, Bucket, LedgerEntry, QueryUsageConsumption, UsageConsumptionReport
from specs.models import UsageSpecification
from tests.access.factories import make_client
from tests.api.payloads import call_of, voice_specification
from tests.calling import Api
from tests.specs.test_admin import new_form
from tmfusage.access.models import ApiClient, ApiKey, IdempotencyKey, SenderKey
from tmfusage.access.scopes import Scope
from tmfusage.hub.models import Hub
from usage.models import StatusChange, Usage

pytestmark = pytest.mark.django_db

LONGEST_CALLER, LONGEST_CLIENT = "token:" + "c" * 200, "c" * 200
COLUMNS = [
    (UsageSpecification, "created_by"),
    (UsageSpecification.history.model, "created_by"),
    (UsageSpecification.history.model, "history_change_reason"),
    *((model, "created_by") for model in (Usage, Bucket, BalanceAction, QueryUsageConsumption, UsageConsumptionReport)),
    *((model, "created_by") for model in (Hub, ApiClient, ApiKey)),
    *((model, "by") for model in (StatusChange, LedgerEntry)),
]


@pytest.fixture(params=["key", "token"])
def caller(request) -> Api:
    """An integrator with the longest name that a key's client or a token's may have."""
    if request.param == "key":
        return Api(make_client(name="n" * 100)[1])
    provider = request.getfixturevalue("provider")
    return Api(provider.token(azp=LONGEST_CLIENT, scope=" ".join(Scope.values)))


@pytest.mark.parametrize(("model", "column"), COLUMNS)
def test_every_column_for_a_caller_takes_the_longest(model: type[models.Model], column):
    assert (model._meta.get_field(column).max_length or 0) >= len(LONGEST_CALLER)


@pytest.mark.parametrize("model", [Hub, IdempotencyKey, SenderKey])
def test_every_column_for_the_id_of_a_client_takes_the_longest(model):
    assert model._meta.get_field("client_id").max_length >= len(LONGEST_CLIENT)


def test_a_caller_with_a_long_name_writes_specifications(caller):
    created = caller.post("usageSpecification", voice_specification())
    assert created.status_code == 201, created.content
    assert caller.patch(created["Location"], {"version": "2"}).status_code == 200
    assert caller.delete(created["Location"]).status_code == 204
    reasons = {each.history_change_reason for each in UsageSpecification.history.all()}
    assert reasons in ({f"client:{'n' * 100}"}, {LONGEST_CALLER})


def test_a_caller_with_a_long_name_writes_and_moves_usages(caller):
    body = call_of(externalIdentifier=[{"id": "1"}])
    created = caller.post("usage", body, **{"Idempotency-Key": "once"})
    assert created.status_code == 201, created.content
    assert caller.patch(created["Location"], {"status": "guided"}).status_code == 200
    assert len(StatusChange.objects.get().by) > 100


def test_a_caller_with_a_long_name_registers_a_listener(caller):
    created = caller.post("hub", {"callback": "http://127.0.0.1:9/events"})
    assert created.status_code == 201, created.content
    assert caller.delete(created["Location"]).status_code == 204


def test_staff_with_a_long_name_define_specifications():
    user = User.objects.create_superuser("u" * 150)
    browser = Client()
    browser.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert browser.post("/admin/specs/usagespecification/add/", new_form()).status_code == 302
    assert UsageSpecification.history.get().history_change_reason == f"staff:{'u' * 150}"
