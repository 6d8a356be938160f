"""How long PostgreSQL may search for what a client asked for."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from django.conf import settings
from django.db import OperationalError, connection, transaction

from tmfusage.tmf.query.jsonpath import leaves
from tmfusage.tmf.query.parameters import Parameters
from tmfusage.tmf.query.tree import EVERYTHING, Exists
from tmfusage.tmf.refusals import TmfError

_CANCELLED = "57014"


@contextmanager
def patience(parameters: Parameters) -> Iterator[None]:
    """Searches in this block end in time, those with regular expressions sooner; 400 for what takes longer.

    A plain list that takes too long is not the client's doing.
    """
    tree = parameters.tree
    patterns = any(not isinstance(leaf, Exists) and leaf.operator == "regex" for leaf in leaves(tree))
    try:
        with _at_most(settings.API_PATTERN_TIMEOUT_MS) if patterns else nullcontext():
            yield
    except OperationalError as exc:
        asked = [name for name in ("sort", "offset") if name in parameters.controls]
        if (tree == EVERYTHING and not asked) or getattr(exc.__cause__, "sqlstate", None) != _CANCELLED:
            raise
        advice = "Add a term that an index serves, such as a day of a date."
        if asked:
            advice = f"{advice} What {' and '.join(asked)} needs grows with what is found; next and prev need less."
        raise TmfError(400, "invalidQuery", "The search takes too long.", advice) from exc


@contextmanager
def _at_most(milliseconds: int) -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(milliseconds)])
        yield
