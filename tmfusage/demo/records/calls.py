"""Calls at home (by the specification in force on the day) and visits to the mailbox."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from tmfusage.demo.numbers import HOME, draw_abroad, draw_home
from tmfusage.demo.records.record import NEVER_CHARGED, Charge, Record, World, about, period, value, weighted
from tmfusage.demo.rhythm import CALLS, tariff

PER_MINUTE = {"Normal": Decimal("0.10"), "Night": Decimal("0.05"), "Weekend": Decimal("0.04")}
ABROAD_PER_MINUTE = {"US": Decimal("0.15"), "CA": Decimal("0.15"), "AU": Decimal("0.225")}
NEAR_PER_MINUTE = Decimal("0.125")
ANSWERS = (("completed", 86), ("noAnswer", 8), ("busy", 4), ("dropped", 2))
TECHNOLOGIES = (("VoLTE", 62), ("VoWiFi", 20), ("VoNR", 10), ("3G", 8))

End = tuple[str, str]


def call(world: World) -> Record:
    """A call that a subscriber made or took."""
    rng, start = world.rng, CALLS.draw(world.now, world.rng)
    return _old_call(world, start) if start < world.voice_switch else _new_call(world, start, rng.random() < 0.2)


def voicemail(world: World) -> Record:
    """A subscriber listens to the mailbox."""
    rng, person, start = world.rng, world.somebody(), CALLS.draw(world.now, world.rng)
    seconds = about(rng, 55, 0.7, 4, 1_200)
    characteristics = [
        value("msisdn", "string", person.number),
        value("duration", "integer", seconds),
        value("messages", "integer", min(49, 1 + seconds // 45)),
        value("pinEntered", "boolean", rng.random() < 0.25),
    ]
    return Record(
        ("voicemail-1.1", "Voicemail retrieval"),
        "Voicemail",
        "Voicemail retrieval",
        person,
        start,
        start + timedelta(seconds=seconds),
        characteristics,
        Charge("mobile", 1, "call", NEVER_CHARGED, tariff(start)),
        world.soon(),
    )


def _old_call(world: World, start: datetime) -> Record:
    """A call in the words of the first version: outgoing and answered."""
    person, seconds = world.somebody(), about(world.rng, 130, 1.1, 1, 7_200)
    other, place, price = _other_end(world, start)
    end = start + timedelta(seconds=seconds)
    characteristics = [
        *_ends((HOME.calling_code, person.number), other),
        value("duration", "integer", seconds),
        value("unit", "string", "SEC"),
        *period(start, end),
    ]
    charge = _charge(seconds, price, start)
    name = ("voice-1.0", "Voice call")
    return Record(name, "Voice", f"Call to {place}", person, start, end, characteristics, charge, world.soon())


def _new_call(world: World, start: datetime, incoming: bool) -> Record:
    rng, person = world.rng, world.somebody()
    status = weighted(rng, ANSWERS)
    seconds = about(rng, 130, 1.1, 1, 7_200) if status in {"completed", "dropped"} else 0
    other, place, price = _other_end(world, start)
    mine = (HOME.calling_code, person.number)
    end = start + timedelta(seconds=seconds)
    characteristics = [
        *(_ends(other, mine) if incoming else _ends(mine, other)),
        value("callReference", "string", f"{rng.getrandbits(64):016X}"),
        value("callType", "string", "incoming" if incoming else "outgoing"),
        value("callStatus", "string", status),
        value("duration", "integer", seconds),
        *period(start, end),
        *_quality(world, seconds),
    ]
    free = Charge("mobile", 1, "call", NEVER_CHARGED, tariff(start))
    charge = free if incoming or not seconds else _charge(seconds, price, start)
    title = f"Call from {place}" if incoming else f"Call to {place}"
    name = ("voice-2.0", "Voice call")
    return Record(name, "Voice", title, person, start, end, characteristics, charge, world.soon())


def _other_end(world: World, start: datetime) -> tuple[End, str, Decimal | None]:
    """Code and number of the other party, the place, and the price per minute unless the plan includes it."""
    if world.rng.random() < 0.07:
        country, place, number = draw_abroad(world.rng)
        return (country.calling_code, number), place.place, ABROAD_PER_MINUTE.get(country.code, NEAR_PER_MINUTE)
    if world.rng.random() < 0.2:
        return (HOME.calling_code, world.somebody().number), "a mobile", None
    place, number = draw_home(world.rng)
    return (HOME.calling_code, number), place.place, None


def _charge(seconds: int, abroad: Decimal | None, start: datetime) -> Charge:
    minutes = -(-seconds // 60)
    if abroad is not None:
        return Charge("mobile", minutes, "minutes", abroad, "International")
    return Charge("mobile", minutes, "minutes", PER_MINUTE[tariff(start)], tariff(start), "minutes")


def _ends(caller: End, called: End) -> list[dict[str, Any]]:
    return [
        value("originatingCountryCode", "string", caller[0]),
        value("originatingNumber", "string", caller[1]),
        value("destinationCountryCode", "string", called[0]),
        value("destinationNumber", "string", called[1]),
    ]


def _quality(world: World, seconds: int) -> list[dict[str, Any]]:
    rng, parts = world.rng, []
    parts.append(value("networkTechnology", "string", weighted(rng, TECHNOLOGIES)))
    if seconds > 5:
        score = min(Decimal("4.9"), max(Decimal("1.2"), Decimal(round(rng.gauss(41, 4))) / 10))
        parts.append(value("meanOpinionScore", "number", score))
    if rng.random() < 0.5:
        cell = {"mcc": "001", "mnc": "01", "cellId": rng.randrange(1, 65_536)}
        parts.append(value("startCell", "object", cell))
    return parts
