"""The tables of the hub."""

from tmfusage.hub.hubs import Hub
from tmfusage.hub.outbox import Attempt, Delivery, Event

__all__ = ["Attempt", "Delivery", "Event", "Hub"]
