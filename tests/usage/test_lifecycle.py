"""The life cycle: the model and the database's trigger allow the same moves, and no others."""

from itertools import product

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests.usage.factories import RATING, make_usage
from tmfusage.tmf.refusals import TmfError
from usage import lifecycle
from usage.models import StatusChange, Usage

pytestmark = pytest.mark.django_db

MOVES = [(before, after) for before, after in product(lifecycle.NEXT, repeat=2) if before != after]
LEGAL = [(before, after) for before, after in MOVES if after in lifecycle.NEXT[before]]
ILLEGAL = [move for move in MOVES if move not in LEGAL]


def stored_status(usage: Usage) -> str:
    return Usage.objects.values_list("status", flat=True).get(pk=usage.pk)


def run(statement: str, *parameters) -> None:
    """One statement as somebody at an SQL console would give it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def sqlstate(statement: str, *parameters) -> str | None:
    """The code with which the database refuses; None when it does not."""
    try:
        run(statement, *parameters)
    except DatabaseError as exc:
        return exc.__cause__.sqlstate
    return None


def set_status(usage: Usage, status: str) -> str | None:
    return sqlstate("UPDATE usage_usage SET status = %s WHERE id = %s", status, usage.pk)


def test_the_life_cycle_is_the_standards():
    assert set(LEGAL) == {
        ("received", "guided"),
        ("received", "rejected"),
        ("guided", "rated"),
        ("guided", "rejected"),
        ("rated", "rerated"),
        ("rated", "billed"),
        ("rerated", "rated"),
        ("rejected", "recycled"),
        ("recycled", "guided"),
        ("recycled", "rejected"),
    }
    assert set(lifecycle.NEXT) == set(Usage.Status.values)


def test_the_trigger_holds_exactly_the_table_of_the_code():
    held = set()
    for before, after in MOVES:
        if set_status(make_usage(before, ratedProductUsage=RATING), after) is None:
            held.add((before, after))
    assert held == set(LEGAL)


@pytest.mark.parametrize(("before", "after"), LEGAL)
def test_the_model_makes_each_legal_move_and_writes_it_down(before, after):
    usage = make_usage(before, ratedProductUsage=RATING)
    usage.move_to(after, "staff:ada", "because")
    assert stored_status(usage) == after
    last = usage.changes.last()
    assert (last.from_status, last.to_status, last.by, last.reason) == (before, after, "staff:ada", "because")


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_the_model_refuses_each_illegal_move(before, after):
    usage = make_usage(before, ratedProductUsage=RATING)
    with pytest.raises(TmfError) as refusal:
        usage.move_to(after, "tests")
    assert (refusal.value.status_code, refusal.value.code) == (409, "invalidTransition")
    assert stored_status(usage) == before


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_a_refusal_names_from_to_and_what_is_allowed(before, after):
    with pytest.raises(TmfError) as refusal:
        lifecycle.check_move(before, after)
    assert f"from {before} to {after}" in refusal.value.message
    assert all(allowed in refusal.value.message for allowed in lifecycle.NEXT[before])


@pytest.mark.parametrize(("before", "after"), LEGAL)
def test_the_trigger_lets_each_legal_move_pass(before, after):
    usage = make_usage(before, ratedProductUsage=RATING)
    assert set_status(usage, after) is None
    assert stored_status(usage) == after


@pytest.mark.parametrize(("before", "after"), ILLEGAL)
def test_the_trigger_refuses_each_illegal_move(before, after):
    usage = make_usage(before, ratedProductUsage=RATING)
    assert set_status(usage, after) == "TMF01"
    assert stored_status(usage) == before


def test_the_trigger_refuses_a_bulk_update_too():
    make_usage("received")
    make_usage("billed")
    with pytest.raises(DatabaseError, match="cannot go from billed"), transaction.atomic():
        Usage.objects.update(status="guided")
    assert not Usage.objects.filter(status="guided").exists()


@pytest.mark.parametrize("status", lifecycle.NEXT)
def test_the_same_status_again_is_no_move(status):
    usage = make_usage(status)
    before = StatusChange.objects.count()
    usage.move_to(status, "tests")
    assert set_status(usage, status) is None
    assert StatusChange.objects.count() == before


@pytest.mark.parametrize("status", lifecycle.INITIAL)
def test_a_usage_may_arrive_received_guided_or_rated(status):
    assert make_usage(status).status == status


@pytest.mark.parametrize("status", sorted(set(lifecycle.NEXT) - set(lifecycle.INITIAL)))
def test_a_usage_cannot_arrive_in_a_later_status(status):
    with pytest.raises(TmfError) as refusal:
        Usage.receive({"status": status, "ratedProductUsage": RATING}, "tests")
    assert refusal.value.code == "invalidTransition"
    assert not Usage.objects.exists()


def test_the_database_knows_no_other_status():
    assert set_status(make_usage("received"), "lost") == "TMF01"
    with pytest.raises(IntegrityError), transaction.atomic():
        Usage.objects.create(status="lost")


@pytest.mark.parametrize("status", lifecycle.PRICED)
def test_the_database_refuses_a_priced_usage_without_a_rating(status):
    for document in ("{}", '{"ratedProductUsage":[]}', '{"ratedProductUsage":null}', '{"ratedProductUsage":[1]}'):
        with pytest.raises(IntegrityError, match="usage_priced"), transaction.atomic():
            Usage.objects.create(status=status, document=document)


def test_the_model_refuses_to_rate_a_usage_without_a_rating():
    usage = make_usage("guided")
    with pytest.raises(TmfError) as refusal:
        usage.move_to("rated", "tests")
    assert [each.path for each in refusal.value.violations] == ["$.ratedProductUsage"]
    assert set_status(usage, "rated") == "23514"


@pytest.mark.parametrize("status", ["rated", "billed"])
def test_a_rating_cannot_be_taken_away_again(status):
    usage = make_usage(status)
    statement = "UPDATE usage_usage SET document = (document::jsonb - 'ratedProductUsage')::json WHERE id = %s"
    assert sqlstate(statement, usage.pk) in {"23514", "TMF01"}
    with pytest.raises(TmfError):
        usage.amend({name: value for name, value in usage.shown.items() if name != "ratedProductUsage"}, "tests")


def test_of_a_billed_usage_only_the_description_may_change():
    usage = make_usage("billed")
    usage.amend({**usage.shown, "description": "checked"}, "tests")
    with pytest.raises(TmfError) as refusal:
        usage.amend({**usage.shown, "usageType": "data"}, "tests")
    assert refusal.value.status_code == 409
    again = Usage.objects.get(pk=usage.pk)
    assert (again.members["description"], again.usage_type) == ("checked", "voice")


def test_the_trigger_keeps_a_billed_document_too():
    usage = make_usage("billed")
    change = "UPDATE usage_usage SET document = (document::jsonb || %s::jsonb)::json WHERE id = %s"
    assert sqlstate(change, '{"description": "checked"}', usage.pk) is None
    assert sqlstate(change, '{"usageType": "data"}', usage.pk) == "TMF01"
    assert sqlstate(change, '{"anything": 1}', usage.pk) == "TMF01"


def test_a_billed_usage_cannot_be_deleted():
    usage = make_usage("billed")
    with pytest.raises(TmfError) as refusal:
        usage.remove("tests")
    assert refusal.value.status_code == 409
    assert sqlstate("DELETE FROM usage_statuschange WHERE usage_id = %s", usage.pk) is None
    assert sqlstate("DELETE FROM usage_usage WHERE id = %s", usage.pk) == "TMF01"
    with pytest.raises(DatabaseError, match="billed"), transaction.atomic():
        Usage.objects.filter(pk=usage.pk).delete()
    assert Usage.objects.filter(pk=usage.pk).exists()


@pytest.mark.parametrize("status", sorted(set(lifecycle.NEXT) - {"billed"}))
def test_any_other_usage_can_be_deleted_with_its_history(status):
    usage = make_usage(status)
    usage.remove("tests")
    assert not Usage.objects.exists()
    assert not StatusChange.objects.exists()
