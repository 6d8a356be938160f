"""Trying again when the database broke a deadlock or a serialisation tie: outside of the transaction it undid."""

import random
import time
from collections.abc import Callable
from contextlib import nullcontext
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connection, models, transaction

P = ParamSpec("P")
R = TypeVar("R")
ATTEMPTS = 3
WAIT_SECONDS = 0.05
PASSING = {"40P01", "40001"}
# Only the outermost verb tries again: it begins at the beginning, and does not multiply the tries of others.
_trying: ContextVar[bool] = ContextVar("trying", default=False)


def again(verb: Callable[P, R]) -> Callable[P, R]:
    """The verb, tried three times more; inside a transaction, or another verb that is tried, its owner does that.

    A model among the arguments is put back as it was before each further try.
    """

    @wraps(verb)
    def tried(*args: P.args, **kwargs: P.kwargs) -> R:
        return attempt(verb, *args, **kwargs)

    return tried


def attempt(verb: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call the verb, and again as above."""
    if _trying.get() or connection.in_atomic_block:
        return verb(*args, **kwargs)
    token, before = _trying.set(True), _attributes(args)
    try:
        for attempts in range(ATTEMPTS):
            try:
                return verb(*args, **kwargs)
            except OperationalError as exc:
                if getattr(exc.__cause__, "sqlstate", None) not in PASSING:
                    raise
                time.sleep(random.uniform(0, WAIT_SECONDS * 2**attempts))  # noqa: S311 - to part two who collided
                _put_back(before)
        return verb(*args, **kwargs)
    finally:
        _trying.reset(token)


def atomic(verb: Callable[P, R]) -> Callable[P, R]:
    """The verb in a transaction of its own, tried again as above; within a transaction it is part of that one."""

    @again
    @wraps(verb)
    def owned(*args: P.args, **kwargs: P.kwargs) -> R:
        with nullcontext() if connection.in_atomic_block else transaction.atomic():
            return verb(*args, **kwargs)

    return owned


def _attributes(args: tuple[Any, ...]) -> list[tuple[models.Model, dict[str, Any]]]:
    return [(each, dict(vars(each))) for each in args if isinstance(each, models.Model)]


def _put_back(before: list[tuple[models.Model, dict[str, Any]]]) -> None:
    for model, attributes in before:
        vars(model).clear()
        vars(model).update(attributes)
