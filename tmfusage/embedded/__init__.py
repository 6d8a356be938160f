"""The real PostgreSQL and Valkey that come in wheels, for one-command run and test."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from tmfusage.embedded.postgres import Postgres
from tmfusage.embedded.scratch import scratch_directory
from tmfusage.embedded.valkey import Valkey


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the started servers are reached; empty for one that was not asked for."""

    database_url: str = ""
    broker_url: str = ""


@contextmanager
def servers(*, database: bool = True, broker: bool = True, durable: bool = True) -> Iterator[Servers]:
    """A PostgreSQL and a Valkey in a directory of their own, gone afterwards; not durable is faster, for tests."""
    with ExitStack() as stack:
        data = stack.enter_context(scratch_directory())
        urls = {}
        if database:
            postgres = Postgres(data, data / "postgres.log", durable=durable)
            stack.callback(postgres.remove)
            stack.callback(postgres.stop)
            postgres.start()
            urls["database_url"] = postgres.url
        if broker:
            valkey = Valkey(data, data / "valkey.log", durable=durable)
            stack.callback(valkey.stop)
            valkey.start()
            urls["broker_url"] = valkey.url
        yield Servers(**urls)
