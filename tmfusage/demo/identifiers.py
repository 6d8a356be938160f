"""Ids that look and sort like UUIDv7, from a given instant and a given source of chance."""

from datetime import datetime
from random import Random
from uuid import UUID


def uuid7(moment: datetime, rng: Random) -> str:
    """The UUIDv7 of the moment; the same source of chance gives the same id again."""
    milliseconds = int(moment.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | rng.getrandbits(12) << 64 | 0b10 << 62 | rng.getrandbits(62)
    return str(UUID(int=value))
