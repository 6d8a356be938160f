"""Makers of records, one for each kind of use, and how common each kind is."""

from collections.abc import Callable

from tmfusage.demo.records.abroad import roaming_call, roaming_data
from tmfusage.demo.records.calls import call, voicemail
from tmfusage.demo.records.messages import picture, text
from tmfusage.demo.records.record import Record, World
from tmfusage.demo.records.screen import title
from tmfusage.demo.records.sessions import session

KINDS: dict[Callable[[World], Record], int] = {
    call: 27,
    voicemail: 3,
    text: 19,
    picture: 3,
    session: 30,
    roaming_call: 5,
    roaming_data: 5,
    title: 8,
}


def draw_record(world: World) -> Record:
    """A record of any kind that has arrived by now."""
    kind = world.rng.choices(list(KINDS), list(KINDS.values()))[0]
    while True:
        record = kind(world)
        if record.arrived <= world.now:
            return record
