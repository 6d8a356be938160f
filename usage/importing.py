"""Taking in usages as they are, with the life that they have behind them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_SET = "SELECT set_config('tmfusage.import', %s, true)"


@contextmanager
def importing() -> Iterator[None]:
    """A transaction in which the database takes new usages in any status; who opens it answers for their histories."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_SET, ["on"])
        yield
        # A transaction around this one goes on without it.
        with connection.cursor() as cursor:
            cursor.execute(_SET, [""])
