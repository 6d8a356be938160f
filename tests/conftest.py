"""One PostgreSQL and one Valkey for the whole test run, there before Django reads its settings.

`DATABASE_URL` or `BROKER_URL` in the environment stand for servers of yours instead. Workers of pytest-xdist inherit
the environment, and with it the servers; each has a database of its own in both, so that none takes another's
messages. pyproject.toml does not name the settings module, for pytest-django would then read the settings before this
file has run.
"""

import atexit
import os
from contextlib import ExitStack

import django

from tmfusage.embedded import servers


def start_missing_servers() -> None:
    """Start what the environment does not name, and stop it when this process ends."""
    database, broker = ("DATABASE_URL" not in os.environ, "BROKER_URL" not in os.environ)
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


def own_messages(worker: str) -> None:
    """Use a numbered database of the broker, where it has such."""
    url = os.environ["BROKER_URL"]
    if worker and url.startswith("redis+socket://") and "?" not in url:
        os.environ["BROKER_URL"] = f"{url}?virtual_host={int(worker.removeprefix('gw')) % 15 + 1}"


os.environ.setdefault("TMFUSAGE_ENV", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tmfusage.settings")
start_missing_servers()
own_messages(os.environ.get("PYTEST_XDIST_WORKER", ""))
# Here rather than in pytest-django, so that the conftest files below may import models.
django.setup()
