"""How many requests a client may send in a minute, counted in Valkey for all processes together."""

import logging
import time
from typing import Any

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from tmfusage.access.principals import Principal
from tmfusage.tmf.refusals import TmfError

log = logging.getLogger("tmfusage.access")

WINDOW_MS = 60_000
TIMEOUT_SECONDS = 0.1
REST_SECONDS = 10.0
# One round trip: count, and let the count end with its minute.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


class Counter:
    """Counts requests in Valkey; after a failure it leaves Valkey alone for a while."""

    def __init__(self) -> None:
        self.url, self.resting_until = "", 0.0
        self.script: Any = None

    def count(self, key: str) -> tuple[int, float] | None:
        """How many requests this minute has seen with this one, and the seconds that it still lasts; None: unknown."""
        if time.monotonic() < self.resting_until:
            return None
        try:
            count, left = self._script()(keys=[key], args=[WINDOW_MS])
        except (redis.RedisError, ValueError, OSError) as problem:
            self.resting_until = time.monotonic() + REST_SECONDS
            log.warning("requests are not counted: %s", type(problem).__name__)
            return None
        return int(count), max(0, int(left)) / 1000

    def _script(self) -> Any:
        """The script on the server that the settings name now."""
        if self.script is None or self.url != settings.RATE_LIMIT_URL:
            self.url = settings.RATE_LIMIT_URL
            client = redis.Redis.from_url(
                # Celery and the client spell a socket and its database differently.
                self.url.replace("redis+socket://", "unix://", 1).replace("?virtual_host=", "?db=", 1),
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), 0),
            )
            self.script = client.register_script(_COUNT)
        return self.script


counter = Counter()


class ClientThrottle(BaseThrottle):
    """So many reads and so many writes a minute for each client; without a limit nothing is asked of Valkey.

    When Valkey does not answer, requests pass: the API stays up without it. With RATE_LIMIT_FAIL_CLOSED writes do not.
    """

    seconds: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether the request is within its client's limit; 503 when that must be known and is not."""
        reads = request.method in SAFE_METHODS
        limit = settings.RATE_LIMIT_READS if reads else settings.RATE_LIMIT_WRITES
        if not limit or not isinstance(request.user, Principal):
            return True
        known = counter.count(f"tmfusage:rate:{'r' if reads else 'w'}:{request.user.pk}")
        if known is None:
            if settings.RATE_LIMIT_FAIL_CLOSED and not reads:
                raise TmfError(503, "serviceUnavailable", "Requests cannot be counted now; try again.")
            return True
        count, self.seconds = known
        request._request.rate = {  # type: ignore[attr-defined]
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(max(0, limit - count)),
            "X-Rate-Limit-Reset": str(int(self.seconds) + 1),
        }
        return count <= limit

    def wait(self) -> float | None:
        """Seconds until the next minute begins."""
        return self.seconds
