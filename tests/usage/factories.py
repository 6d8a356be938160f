"""Usages for tests."""

from typing import Any

from usage import lifecycle
from usage.models import Usage

RATING = [{"taxIncludedRatingAmount": {"unit": "EUR", "value": 12}, "productRef": {"id": "mobile-1"}}]

# The shortest legal way to each status that a usage cannot arrive with.
WAY = {
    lifecycle.RERATED: (lifecycle.RATED, lifecycle.RERATED),
    lifecycle.BILLED: (lifecycle.RATED, lifecycle.BILLED),
    lifecycle.REJECTED: (lifecycle.RECEIVED, lifecycle.REJECTED),
    lifecycle.RECYCLED: (lifecycle.RECEIVED, lifecycle.REJECTED, lifecycle.RECYCLED),
}


def make_usage(status: str = lifecycle.RECEIVED, by: str = "tests", **overrides: Any) -> Usage:
    """A stored call of one minute, led to the status; `overrides` are wire members, None leaves a member out."""
    first, *later = WAY.get(status, (status,))
    members = {
        "usageDate": "2026-03-01T12:00:00Z",
        "usageType": "voice",
        "usageCharacteristic": [
            {"name": "originatingNumber", "value": "+15550100001"},
            {"name": "duration", "value": 60},
        ],
        "relatedParty": [{"id": "acme", "role": "customer", "@referredType": "Organization"}],
        **({"ratedProductUsage": RATING} if lifecycle.PRICED[0] in (first, *later) else {}),
        **overrides,
        "status": first,
    }
    usage = Usage.receive({name: value for name, value in members.items() if value is not None}, by)
    for step in later:
        usage.move_to(step, by, "made for a test")
    return usage
