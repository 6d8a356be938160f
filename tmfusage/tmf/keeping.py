"""Where keys of requests and of senders are kept: an app above this package registers its store when it is ready."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson

from tmfusage.tmf import exact


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered to a request, and the fingerprint of that request."""

    fingerprint: str
    status: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Known:
    """Which resource a sender's key stands for, and the digest of what the sender had posted."""

    resource_id: str
    content: str


class Store(Protocol):
    """Keeps keys in the transaction of the request; see `tmfusage.access.repeating`."""

    def begin(self, client: str, key: str) -> bool:
        """Take the key; False when it is taken. Waits for a request that is under way with the same key."""

    def finish(self, client: str, key: str, answer: Answer) -> None:
        """Keep what was answered."""

    def answered(self, client: str, key: str) -> Answer | None:
        """What was answered to the request that took the key."""

    def known(self, client: str, kind: str, digests: Iterable[str]) -> list[Known]:
        """What the sender's keys stand for."""

    def claim(self, client: str, kind: str, digests: Iterable[str], known: Known) -> bool:
        """Let the keys, which must be free, stand for the resource; False when one is taken."""

    def replace(self, client: str, kind: str, digests: Iterable[str], known: Known) -> bool:
        """Let these keys, and no others, stand for the resource."""

    def release(self, kind: str, resource_id: str) -> None:
        """Forget the keys of a resource."""


_stores: list[Store] = []


def register(store: Store) -> None:
    """Keep keys there from now on."""
    _stores[:] = [store]


def store() -> Store:
    """Where keys are kept."""
    return _stores[0]


def digest(value: Any) -> str:
    """The fixed-length digest of a JSON value, whatever the order of its members."""
    return hashlib.sha256(orjson.dumps(value, default=exact.fragment, option=orjson.OPT_SORT_KEYS)).hexdigest()
