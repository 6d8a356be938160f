"""The events of consumption as a listener of TMF677 v5.1 reads them."""

from typing import Any

from consumption.words import query_in_v5, report_in_v5
from tmfusage.hub import envelopes

_IN_V5 = {"queryUsageConsumption": query_in_v5, "usageConsumptionReport": report_in_v5}


def in_v5(event: Any) -> dict[str, Any]:
    """The event in v5's words."""
    members = envelopes.plain(event)
    resource = _IN_V5[event.resource_type](event.resource)
    moment = members.pop("timeOcurred")
    typed = {"@type": event.event_type, "@baseType": "Event", "timeOccurred": moment}
    return {**members, **typed, "event": {event.resource_type: resource}}


def register() -> None:
    """Let the hub use them."""
    envelopes.register("usageConsumption", "v5", in_v5)
