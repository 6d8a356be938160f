"""Cursors: a page begins where another ended, however many rows lie before it (TMF630 v5 `after` and `before`).

A cursor holds the sort keys of one row, signed. The rows behind it are found by stretches, each of which an index on
the keys can serve: first those that agree with the row in all keys but the last, then in all but the last two, and so
on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core import signing

from tmfusage.tmf.query.sql import Condition, all_of
from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.sorting import Key, Order

MAX_CURSOR = 1_024
LONG_KEYS = 200
_SIGNER = signing.Signer(salt="tmfusage.tmf.keyset")
Position = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Behind which row a page begins, or before which it ends; no position means the end of the collection."""

    position: Position | None
    before: bool = False


def sign(collection: str, order: Order, position: Position | None) -> str:
    """The opaque text of a cursor; empty when the row's keys are too long for one."""
    return _end(collection, order.signature) if position is None else _signed(collection, order.signature, position)


@lru_cache(1_024)
def _end(collection: str, signature: str) -> str:
    return _signed(collection, signature, None)


def _signed(collection: str, signature: str, position: Position | None) -> str:
    # Packing takes longer than all else, and makes short keys no shorter.
    long = sum(len(key) for key in (signature, *(position or ())) if key) > LONG_KEYS
    text = _SIGNER.sign_object([collection, signature, position], compress=long)
    return text if len(text) <= MAX_CURSOR else ""


def read(text: str, collection: str, order: Order, before: bool) -> Cursor:
    """The cursor; 400 when it was not made here, or for another collection or order."""
    name = "before" if before else "after"
    try:
        made_for, signature, position = _SIGNER.unsign_object(text)
    except (signing.BadSignature, ValueError, TypeError) as exc:
        raise invalid_query(f"{name} is not a cursor that was given out here.") from exc
    if made_for != collection or signature != order.signature:
        raise invalid_query(f"{name} belongs to another collection or another order; sort as when it was given out.")
    return Cursor(tuple(position) if position is not None else None, before)


def stretches(order: Order, position: Position) -> Iterator[Condition]:
    """The conditions of the rows behind the position, in their order; each is one range of the keys."""
    keys = order.keys
    if _plain(keys, position):
        yield _row(keys, position)
        if keys[0].nullable and not keys[0].descending:
            yield f"{keys[0].sql} IS NULL", [*keys[0].values]
        return
    for index in range(len(keys) - 1, -1, -1):
        same = [_equal(key, value) for key, value in zip(keys[:index], position, strict=False)]
        for behind in _behind(keys[index], position[index]):
            yield all_of([*same, behind])


def _plain(keys: tuple[Key, ...], position: Position) -> bool:
    """Whether one comparison of rows says it: one direction, and nothing missing but perhaps the first key."""
    one_way = len({key.descending for key in keys}) == 1
    return one_way and None not in position and not any(key.nullable for key in keys[1:])


def _row(keys: tuple[Key, ...], position: Position) -> Condition:
    sign = "<" if keys[0].descending else ">"
    left = ", ".join(key.sql for key in keys)
    right = ", ".join(f"%s::{key.kind}" for key in keys)
    return f"({left}) {sign} ({right})", [*(value for key in keys for value in key.values), *position]


def _equal(key: Key, value: str | None) -> Condition:
    if value is None:
        return f"{key.sql} IS NULL", [*key.values]
    return f"{key.sql} = %s::{key.kind}", [*key.values, value]


def _behind(key: Key, value: str | None) -> Iterator[Condition]:
    values: list[Any] = [*key.values]
    if value is None:
        if key.descending:
            yield f"{key.sql} IS NOT NULL", values
        return
    yield f"{key.sql} {'<' if key.descending else '>'} %s::{key.kind}", [*values, value]
    if key.nullable and not key.descending:
        yield f"{key.sql} IS NULL", values
