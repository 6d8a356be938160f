"""Ties that the database broke are tried again, by the outermost verb, from the beginning."""

import pytest
from django.db import OperationalError, connection

from tests.access.factories import make_client
from tests.calling import Api
from tests.usage.factories import make_usage
from tmfusage.tmf.retrying import ATTEMPTS, again, atomic
from usage.models import Usage
from usage.moving import move

pytestmark = pytest.mark.django_db(transaction=True)


class Broken(Exception):
    """What the driver raises."""

    def __init__(self, sqlstate: str):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate


def tie(sqlstate: str = "40P01") -> OperationalError:
    error = OperationalError()
    error.__cause__ = Broken(sqlstate)
    return error


@pytest.fixture
def ties(monkeypatch) -> list[bool]:
    """Whether each save of a usage ran in a transaction; the first two end in a deadlock."""
    made: list[bool] = []
    save = Usage.save

    def saved(usage, *args, **kwargs):
        made.append(connection.in_atomic_block)
        save(usage, *args, **kwargs)
        if len(made) <= 2:
            raise tie()

    monkeypatch.setattr(Usage, "save", saved)
    return made


@pytest.mark.parametrize(("sqlstate", "tries"), [("40P01", ATTEMPTS + 1), ("40001", ATTEMPTS + 1), ("57014", 1)])
def test_only_ties_are_tried_again_each_in_a_transaction_of_its_own(sqlstate, tries):
    made = []

    @atomic
    def verb() -> None:
        made.append(connection.in_atomic_block)
        raise tie(sqlstate)

    with pytest.raises(OperationalError):
        verb()
    assert made == [True] * tries


def test_verbs_within_a_verb_leave_it_to_the_outermost_one():
    made = []

    @atomic
    def inner() -> None:
        made.append("inner")
        raise tie()

    @again
    def outer() -> None:
        made.append("outer")
        inner()

    with pytest.raises(OperationalError):
        outer()
    assert made == ["outer", "inner"] * (ATTEMPTS + 1)


def test_a_usage_that_is_amended_begins_each_try_as_it_was(ties):
    usage = make_usage("received")
    usage.amend({**usage.shown, "status": "guided"}, "tests")
    assert (usage.revision, usage.changes.count(), ties) == (2, 1, [True] * 3)
    assert Usage.objects.get().status == "guided"


def test_a_move_is_tried_again(ties):
    move(make_usage("received").pk, "guided", "tests")
    assert (Usage.objects.get().status, len(ties)) == ("guided", 3)


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_a_patch_is_tried_again_outside_of_its_transaction(ties, headers):
    usage = make_usage("received", usageSpecification={"id": "elsewhere"})
    answer = Api(make_client()[1]).patch(f"usage/{usage.pk}", {"description": "once"}, **headers)
    assert (answer.status_code, answer.json()["description"], answer["ETag"]) == (200, "once", '"2"')
    assert len(ties) == 3
