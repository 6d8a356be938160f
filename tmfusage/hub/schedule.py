"""When to try again, when to spare a listener, and when to give it up."""

import random
from collections.abc import Sequence

from django.conf import settings

OVERLOADED = frozenset({429, 502, 503, 504})
OVERLOAD_SECONDS = 60.0
SPREAD = 0.2


def retry_delay(
    attempt: int, status: int | None, error: str, retry_after: float | None = None, spread: float | None = None
) -> float | None:
    """Seconds to wait after this failed attempt (1, 2, …); None when it was the last."""
    delays: Sequence[float] = settings.HUB_RETRY_SCHEDULE
    if attempt > len(delays):
        return None
    factor = random.uniform(1 - SPREAD, 1 + SPREAD) if spread is None else spread  # noqa: S311  # not a secret
    delay = delays[attempt - 1] * factor
    if error == "timeout" or status in OVERLOADED:
        delay = max(delay, OVERLOAD_SECONDS)
    # A listener may ask for more time, within reason.
    return min(max(retry_after or 0.0, delay), 2 * delay)


def whole_seconds() -> float:
    """How long an event is tried in all."""
    return sum(settings.HUB_RETRY_SCHEDULE)


def breaker_seconds(before: int) -> int:
    """How long a listener is spared next, after it was spared for so long."""
    return min(max(before * 2, settings.HUB_BREAKER_SECONDS), settings.HUB_BREAKER_MAX_SECONDS)


def opens_breaker(failures: int) -> bool:
    """Whether so many failures in a row are a reason to spare the listener."""
    return failures >= settings.HUB_BREAKER_FAILURES


def gives_up(failures: int, failing_seconds: float) -> bool:
    """Whether a listener that has failed so often for so long is disabled."""
    return failures >= settings.HUB_BREAKER_FAILURES and failing_seconds > settings.HUB_DISABLE_HOURS * 3600
