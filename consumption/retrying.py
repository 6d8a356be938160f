"""Trying again when the database broke a deadlock or a serialisation tie: outside of the transaction it undid."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 3
WAIT_SECONDS = 0.05
PASSING = {"40P01", "40001"}


def atomic(verb: Callable[P, R]) -> Callable[P, R]:
    """The verb in a transaction of its own, tried three times more; within a transaction its owner has to do that."""

    @wraps(verb)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return verb(*args, **kwargs)
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as exc:
                if getattr(exc.__cause__, "sqlstate", None) not in PASSING:
                    raise
                time.sleep(random.uniform(0, WAIT_SECONDS * 2**attempt))  # noqa: S311 - to part two who collided
        with transaction.atomic():
            return verb(*args, **kwargs)

    return tried
