"""From an API key to its principal, without a query per request."""

import logging
import time
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from tmfusage.access import keys
from tmfusage.access.models import ApiKey
from tmfusage.access.principals import Principal
from tmfusage.access.refusing import Refused
from tmfusage.access.remembering import Memory

log = logging.getLogger("tmfusage.access")

NOTE_USE_EVERY = timedelta(seconds=60)
_UNKNOWN = "The API key is unknown, expired or revoked."


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that was found valid: its row, its principal, and the Unix time when it expires."""

    id: int
    principal: Principal
    expires: float


class KeyLookup:
    """Finds who calls with a key; keeps what it found for API_KEY_CACHE_SECONDS.

    Valid and refused keys are kept apart, so that guesses cannot push valid keys out.
    Everything is kept under the key's digest: no memory holds a key.
    """

    def __init__(self, size: int = 10_000):
        self._known: Memory[KnownKey] = Memory(size)
        self._refused: Memory[bool] = Memory(size)
        self._used: Memory[bool] = Memory(size)

    def principal_of(self, plain: str) -> Principal:
        """The principal of a valid key; raises Refused for any other."""
        digest = keys.digest_of(plain)
        if self._refused.recall(digest):
            raise Refused(_UNKNOWN)
        known = self._known.recall(digest) or self._find(plain, digest)
        if known is None or known.expires <= time.time():
            raise Refused(_UNKNOWN)
        if not self._used.recall(digest):
            self._note_use(known, digest)
        return known.principal

    def clear(self) -> None:
        """Forget everything."""
        for memory in (self._known, self._refused, self._used):
            memory.clear()

    def _find(self, plain: str, digest: str) -> KnownKey | None:
        # Taken before the query: a revocation during it is not seen for this long at most.
        until = time.monotonic() + settings.API_KEY_CACHE_SECONDS
        known = self._read(plain, digest)
        if known is None:
            self._refused.keep(digest, True, until)
        else:
            self._known.keep(digest, known, until)
        return known

    @staticmethod
    def _read(plain: str, digest: str) -> KnownKey | None:
        prefix = keys.prefix_of(plain)
        if prefix is None:
            return None
        key = ApiKey.objects.valid().select_related("client").filter(prefix=prefix).first()
        if key is None or not key.matches(digest):
            return None
        client = key.client
        principal = Principal(client.pk, client.label, frozenset(client.scopes), client.party or None)
        return KnownKey(key.pk, principal, key.expires_at.timestamp() if key.expires_at else inf)

    def _note_use(self, known: KnownKey, digest: str) -> None:
        self._used.keep(digest, True, time.monotonic() + NOTE_USE_EVERY.total_seconds())
        try:
            ApiKey.objects.filter(pk=known.id).note_use(timezone.now(), NOTE_USE_EVERY)
        except DatabaseError as error:
            # The request is worth more than the note about it, which is made again in a minute.
            log.warning("the use of an API key was not noted: %s", type(error).__name__)


lookup = KeyLookup()
