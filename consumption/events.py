"""The events of consumption (TMF677) and of balances (TMF654), told in the transaction of the change."""

from copy import copy
from typing import TYPE_CHECKING

from tmfusage.hub import publishing
from tmfusage.hub.topics import declare
from tmfusage.tmf import exact
from tmfusage.tmf.resources import Resource

if TYPE_CHECKING:
    from consumption.models.bucket import Bucket

QUERY_CREATED = "QueryUsageConsumptionCreateEvent"
QUERY_MOVED = "QueryUsageConsumptionStateChangeEvent"
QUERY_DELETED = "QueryUsageConsumptionDeleteEvent"
REPORT_CREATED = "UsageConsumptionReportCreateEvent"
REPORT_DELETED = "UsageConsumptionReportDeleteEvent"
# Not in the standard: TMF654 has events of actions only.
THRESHOLD_CROSSED = "BucketThresholdCrossedEvent"
SCOPE = "consumption:read"
declare("usageConsumption", "queryUsageConsumption", [QUERY_CREATED, QUERY_MOVED, QUERY_DELETED], SCOPE)
declare("usageConsumption", "usageConsumptionReport", [REPORT_CREATED, REPORT_DELETED], SCOPE, ["v5"])
declare("prepayBalanceManagement", "bucket", [THRESHOLD_CROSSED], SCOPE)


def action_events(action: str) -> tuple[str, str]:
    """The events of an action being done and being taken back, such as TopupBalanceCreateEvent."""
    name = action[:1].upper() + action[1:]
    return f"{name}CreateEvent", f"{name}CancelEvent"


for _action in ("topupBalance", "adjustBalance", "reserveBalance", "transferBalance"):
    # Only what is reserved can be taken back.
    _told = action_events(_action)[: 2 if _action == "reserveBalance" else 1]
    declare("prepayBalanceManagement", _action, _told, SCOPE)


def delete(event_type: str, resource: Resource) -> None:
    """Delete the resource, and tell what it was."""
    key = resource.pk
    resource.delete()
    # Django forgets the key of what it deleted; listeners are to know it.
    resource.pk = key
    publishing.publish(event_type, resource)


def tell_crossing(bucket: "Bucket", threshold: int) -> None:
    """Tell that so many percent of the bucket are used, and how it stands now."""
    told = copy(bucket)
    told.document = exact.dumps({**bucket.members, **bucket.standing, "threshold": threshold}).decode()
    publishing.publish(THRESHOLD_CROSSED, told)
