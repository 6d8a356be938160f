"""A usage that arrives while its specification changes: real transactions, one waiting for the other."""

import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from specs import using
from specs.models import UsageSpecification
from tests.specs.factories import make_specification
from tests.usage.factories import make_usage
from tmfusage.tmf.refusals import TmfError
from usage.models import Usage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(60)]
WAITING = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'usage_usage'::regclass"


@pytest.fixture
def voice() -> UsageSpecification:
    return make_specification(specCharacteristic=[{"name": "ticket"}])


@pytest.fixture
def meanwhile():
    """Does something in another thread, and returns once that waits for the table of usages."""
    with ThreadPoolExecutor(1) as pool:

        def start(act, *args) -> Future:
            doing = pool.submit(closing, act, *args)
            while not doing.done() and not waits():
                time.sleep(0.01)
            assert not doing.done(), doing.exception() or "it did not wait"
            return doing

        yield start


def closing(act, *args):
    """What the act returns, or the refusal; the thread's connection ends with it."""
    try:
        return act(*args)
    except TmfError as refusal:
        return refusal
    finally:
        connection.close()


def waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone() is not None


def receive(specification: UsageSpecification) -> Usage:
    reference = {"usageSpecification": {"id": specification.pk}}
    return make_usage(**reference, usageCharacteristic=[{"name": "ticket", "value": "A1"}])


def make_unique(specification: UsageSpecification) -> None:
    changed = [{"name": "ticket", "isUnique": True}]
    specification.amend({**specification.members, "specCharacteristic": changed}, "tests")


def fresh(specification: UsageSpecification) -> UsageSpecification:
    return UsageSpecification.objects.get(pk=specification.pk)


@pytest.mark.parametrize("change", [lambda voice: voice.remove("tests"), make_unique], ids=["delete", "unique"])
def test_who_changes_a_specification_sees_the_usage_that_is_arriving(voice, meanwhile, change):
    with transaction.atomic():
        receive(voice)
        changing = meanwhile(change, fresh(voice))
    assert changing.result().code == "specificationInUse"
    assert changing.result().message.startswith("1 usage refers to it.")
    assert fresh(voice).revision == voice.revision


def test_a_usage_that_arrives_while_its_specification_is_deleted_finds_none(voice, meanwhile, settings):
    settings.STRICT_REFERENCES = True
    with transaction.atomic():
        fresh(voice).remove("tests")
        arriving = meanwhile(receive, voice)
    assert arriving.result().code == "referenceNotFound"
    assert not Usage.objects.exists()


def test_a_usage_that_arrives_while_values_become_unique_claims_its_own(voice, meanwhile):
    with transaction.atomic():
        make_unique(fresh(voice))
        arriving = meanwhile(receive, voice)
    assert arriving.result().unique_values.count() == 1
    with pytest.raises(TmfError):
        receive(voice)


def refer(usage: Usage, specification: UsageSpecification) -> None:
    usage.amend({**usage.shown, "usageSpecification": {"id": specification.pk}}, "tests")


@pytest.mark.parametrize("change", [lambda voice: voice.remove("tests"), make_unique], ids=["delete", "unique"])
def test_a_patch_that_refers_to_a_changing_specification_is_to_be_tried_again(voice, meanwhile, change):
    usage = make_usage(usageCharacteristic=[{"name": "ticket", "value": "A1"}])
    with transaction.atomic():
        change(fresh(voice))
        patching = meanwhile(refer, usage, voice)
    assert (patching.result().status_code, patching.result().message) == (409, "Try again.")
    assert Usage.objects.get(pk=usage.pk).specification_id is None


def test_a_deletion_does_not_wait_for_ever(voice, monkeypatch):
    monkeypatch.setattr(using, "LOCK_TIMEOUT_MS", 50)
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        make_usage()
        refusal = pool.submit(closing, fresh(voice).remove, "tests").result()
    assert refusal.status_code == 503
    assert fresh(voice) == voice


def test_the_usual_patience_returns_after_the_lock(voice):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '7s'")
        fresh(voice).remove("tests")
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("7s",)
