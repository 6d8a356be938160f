"""This machine's clock against the database's: listeners refuse what is signed at a wrong time."""

import logging
import time
from datetime import datetime

from django.conf import settings
from django.db import connection

WARN_SECONDS, ASK_AGAIN_SECONDS = 1.0, 60.0
_log = logging.getLogger(__name__)


def database_time() -> datetime:
    """The moment by the database's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def difference() -> float:
    """Seconds by which this machine's clock is ahead of the database's."""
    before = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp())::float8")
        there = cursor.fetchone()[0]
    return (before + time.time()) / 2 - there


class Clock:
    """Remembers for a minute whether this machine's clock is right enough to sign by."""

    def __init__(self) -> None:
        self.asked: float | None = None
        self.right = True

    def is_right(self) -> bool:
        """Whether deliveries may be signed now; what is wrong is logged once a minute."""
        if self.asked is None or time.monotonic() - self.asked > ASK_AGAIN_SECONDS:
            self.right = self._compare(difference())
            self.asked = time.monotonic()
        return self.right

    @staticmethod
    def _compare(seconds: float) -> bool:
        where = f"{abs(seconds):.1f} s {'ahead of' if seconds > 0 else 'behind'} the database's"
        if abs(seconds) > settings.HUB_MAX_CLOCK_DIFFERENCE:
            _log.error("Nothing is delivered: this machine's clock is %s.", where)
            return False
        if abs(seconds) > WARN_SECONDS:
            _log.warning("This machine's clock is %s.", where)
        return True


clock = Clock()
