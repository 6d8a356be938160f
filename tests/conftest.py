"""One PostgreSQL and one Valkey for the whole test run, there before Django reads its settings.

`DATABASE_URL` or `BROKER_URL` in the environment stand for servers of yours instead. Workers of pytest-xdist inherit
the environment, and with it PostgreSQL, in which each has a database of its own; each starts a Valkey of its own, so
that none takes another's messages. pyproject.toml does not name the settings module, for pytest-django would then read
the settings before this file has run.
"""

import atexit
import os
from contextlib import ExitStack

import django
import pytest
from django.db import connection

from tests import emptying
from tmfusage.embedded import servers


def start_missing_servers() -> None:
    """Start what the environment does not name, and stop it when this process ends."""
    database, broker = "DATABASE_URL" not in os.environ, "BROKER_URL" not in os.environ or is_of_the_first_process()
    if not (database or broker):
        return
    stack = ExitStack()
    started = stack.enter_context(servers(database=database, broker=broker, durable=False))
    atexit.register(close_in, os.getpid(), stack)
    if database:
        os.environ["DATABASE_URL"] = started.database_url
    if broker:
        os.environ["BROKER_URL"] = started.broker_url


def close_in(process: int, stack: ExitStack) -> None:
    """Stop the servers; a forked child that ends must leave them alone."""
    if os.getpid() == process:
        stack.close()


def is_of_the_first_process() -> bool:
    """Whether this is a worker of pytest-xdist and the broker is the embedded one of who started it."""
    return "PYTEST_XDIST_WORKER" in os.environ and os.environ["BROKER_URL"].startswith("redis+socket://")


os.environ.setdefault("TMFUSAGE_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tmfusage.settings")
start_missing_servers()
# Here rather than in pytest-django, so that the conftest files below may import models.
django.setup()
# Workers of pytest-xdist would inherit it, and pytest-django read the settings before this file has run there.
del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with tests that are given minutes come first, so that no process works at one of them alone in the end."""
    given: dict[object, float] = {}
    for item in items:
        bounds = (mark.args[0] for mark in item.iter_markers("timeout"))
        given[item.path] = max([given.get(item.path, 0), *bounds])
    items.sort(key=lambda item: -given[item.path])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The tests' database, emptied by our own means after a test that has committed."""
    with django_db_blocker.unblock():
        emptying.remember()


@pytest.fixture(scope="module")
def committed(django_db_setup, django_db_blocker):
    """Lets this module write what another process can read; the database is emptied when the module ends.

    Fixtures of the module come before the transaction of a test, so what they write is there for others.
    """
    assert connection.settings_dict["NAME"].startswith("test_")
    with django_db_blocker.unblock():
        yield
        emptying.empty()
        connection.close()
