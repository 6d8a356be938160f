"""The demonstration's usage catalogue, in the wire shape of version 4."""

from datetime import datetime, timedelta

from tmfusage.demo.catalogue.building import Part, follows, specification
from tmfusage.demo.catalogue.data import mobile_data, network_slice
from tmfusage.demo.catalogue.messaging import picture_message, text_message
from tmfusage.demo.catalogue.roaming import roaming_call, roaming_data
from tmfusage.demo.catalogue.television import on_demand
from tmfusage.demo.catalogue.voice import voice_1, voice_2, voicemail
from tmfusage.tmf.moments import instant_text

VOICE_SWITCH = timedelta(days=45)


def specifications(now: datetime) -> list[Part]:
    """Every specification of the demonstration, each with its own id."""
    switch = instant_text(voice_switch(now))
    return [
        voice_1(switch),
        voice_2(switch),
        voicemail(),
        text_message(),
        picture_message(),
        mobile_data(),
        roaming_call(),
        roaming_data(),
        on_demand(),
        network_slice(),
        _bundle(),
    ]


def voice_switch(now: datetime) -> datetime:
    """The midnight at which the second version of the voice specification replaced the first."""
    return (now - VOICE_SWITCH).replace(hour=0, minute=0, second=0, microsecond=0)


def _bundle() -> Part:
    parts = [
        ("voice", "2.0", "Voice call"),
        ("sms", "1.3", "Text message"),
        ("mms", "1.0", "Picture message"),
        ("data", "3.0", "Mobile data session"),
    ]
    return specification(
        "mobile",
        "2.0",
        "Mobile usage",
        "What a mobile plan can be used for, as one bundle.",
        [],
        isBundle=True,
        entitySpecRelationship=[follows(*part, "bundles", "part") for part in parts],
    )
