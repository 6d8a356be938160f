"""The events of usages (TMF635), told in the transaction of the change."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tmfusage.hub import publishing
from tmfusage.hub.topics import declare
from tmfusage.tmf.resources import different

if TYPE_CHECKING:
    from usage.models import Usage

CREATED, DELETED = "UsageCreateEvent", "UsageDeleteEvent"
CHANGED, MOVED = "UsageAttributeValueChangeEvent", "UsageStateChangeEvent"
declare("usageManagement", "usage", [CREATED, CHANGED, MOVED, DELETED], scope="usage:read")


def insert(usage: "Usage", condition: str = "TRUE", values: Sequence[Any] = ()) -> bool:
    """Store a new usage with its event, under a condition; whether it was."""
    return publishing.insert(CREATED, usage, condition, values)


def tell_change(usage: "Usage", before: dict[str, Any]) -> None:
    """A new status and other changes are told apart (TMF630 Part 1 §10); `before` is what the usage showed."""
    changed = different(before, usage.shown)
    if "status" in changed:
        publishing.publish(MOVED, usage)
    if others := [name for name in changed if name != "status"]:
        publishing.publish(CHANGED, usage, others)


def delete(usage: "Usage") -> None:
    """Delete the usage, and tell what it was."""
    key = usage.pk
    usage.delete()
    # Django forgets the key of what it deleted; listeners are to know it.
    usage.pk = key
    publishing.publish(DELETED, usage)
