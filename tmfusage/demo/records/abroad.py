"""Calls and data in partner networks; such records arrive hours later."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tmfusage.demo.numbers import ABROAD, draw_home
from tmfusage.demo.operator import Organization
from tmfusage.demo.records.record import NEVER_CHARGED, Charge, Record, Trip, World, about, period, value
from tmfusage.demo.records.sessions import volumes
from tmfusage.demo.rhythm import CALLS, DATA, DAYS, Rhythm
from tmfusage.demo.subscribers import Subscriber

# Country, name, zone, code of the invented partner network (within the test range 001), partner.
PLACES = (
    ("FR", "France", "Europe", "00133", "Réseau Mistral"),
    ("DE", "Germany", "Europe", "00149", "Föhn Mobil"),
    ("IE", "Ireland", "Europe", "00153", "Curlew Telecom"),
    ("SE", "Sweden", "Europe", "00146", "Norrsken Mobil"),
    ("US", "the United States", "World 1", "001310", "Prairie Wireless"),
    ("CA", "Canada", "World 1", "001302", "Loon Lake Mobility"),
    ("AU", "Australia", "World 2", "00161", "Southern Wattle"),
)
PER_MINUTE = {"Europe": Decimal("0.15"), "World 1": Decimal("0.95"), "World 2": Decimal("1.45")}
PER_MEGABYTE = {"Europe": Decimal("0.0045"), "World 1": Decimal("0.18"), "World 2": Decimal("0.32")}
OFFSETS = {"FR": "+0200", "DE": "+0200", "IE": "+0100", "SE": "+0200", "US": "-0500", "CA": "-0500", "AU": "+1000"}


def draw_trips(people: list[Subscriber], now: datetime, rng: Random) -> dict[str, Trip]:
    """One stay abroad for each subscriber who holds the roaming option."""
    return {person.party_id: _trip(now, rng) for person in people if person.traveller}


def roaming_call(world: World) -> Record:
    """A call made or taken abroad."""
    rng, person = world.rng, world.somebody("roaming")
    trip = world.trips[person.party_id]
    start, seconds = _during(trip, CALLS, world), about(rng, 95, 1.0, 1, 5_400)
    incoming, end = rng.random() < 0.3, start + timedelta(seconds=seconds)
    place, number = draw_home(rng) if rng.random() < 0.7 else _local(trip, rng)
    caller, called = (number, person.number) if incoming else (person.number, number)
    characteristics = [
        *_visit(trip, rng),
        value("originatingNumber", "string", caller),
        value("destinationNumber", "string", called),
        value("callType", "string", "incoming" if incoming else "outgoing"),
        value("duration", "integer", seconds),
        *period(start, end),
        value("localTimeOffset", "string", OFFSETS[trip.country]),
    ]
    price = PER_MINUTE[trip.zone] if not incoming or trip.zone != "Europe" else NEVER_CHARGED
    charge = _charge(-(-seconds // 60), "minutes", price, trip)
    title = f"Call in {trip.name} {'from' if incoming else 'to'} {place.place}"
    return _record(("roaming-call-2.1", "Roaming call"), title, person, trip, start, end, characteristics, charge, rng)


def roaming_data(world: World) -> Record:
    """A data session abroad."""
    rng, person = world.rng, world.somebody("roaming")
    trip = world.trips[person.party_id]
    start = _during(trip, DATA, world)
    end = start + timedelta(seconds=about(rng, 1_200, 0.9, 15, 10_800))
    median = 80_000_000 if trip.zone == "Europe" else 9_000_000
    volume = about(rng, median, 1.0, 20_000, 2_000_000_000)
    characteristics = [
        *_visit(trip, rng),
        value("msisdn", "string", person.number),
        *volumes(rng, volume),
        *period(start, end),
        *([] if trip.zone == "Europe" else [value("chargeAdvised", "boolean", True)]),
    ]
    charge = _charge(-(-volume // 1_000_000), "MB", PER_MEGABYTE[trip.zone], trip)
    name, title = ("roaming-data-2.1", "Roaming data session"), f"Data in {trip.name}"
    return _record(name, title, person, trip, start, end, characteristics, charge, rng)


def _record(name, title, person, trip, start, end, characteristics, charge, rng) -> Record:
    delay = timedelta(milliseconds=rng.randint(3_600_000, 130_000_000))
    kind = "Roaming data" if charge.unit == "MB" else "Roaming voice"
    partners = [("visitedOperator", trip.partner)]
    return Record(name, kind, title, person, start, end, characteristics, charge, delay, partners)


def _charge(quantity: int, unit: str, price: Decimal, trip: Trip) -> Charge:
    """Use outside Europe is not subject to value added tax."""
    return Charge("roaming", quantity, unit, price, trip.zone, tax_rate=20 if trip.zone == "Europe" else 0)


def _trip(now: datetime, rng: Random) -> Trip:
    country, name, zone, network, partner = rng.choices(PLACES, weights=(6, 4, 5, 2, 3, 1, 1))[0]
    length = rng.randint(5, 16)
    start = now - timedelta(days=rng.randint(length, DAYS - 1))
    organization = Organization(f"ORG-{partner.split()[0].upper()}", partner)
    return Trip(country, name, zone, network, organization, start, start + timedelta(days=length))


def _during(trip: Trip, rhythm: Rhythm, world: World) -> datetime:
    while True:
        moment = rhythm.draw(world.now, world.rng)
        if trip.start <= moment <= trip.end:
            return moment


def _local(trip: Trip, rng: Random):
    country = next(country for country in ABROAD if country.code == trip.country)
    place = rng.choice(country.ranges)
    return place, place.draw(rng)


def _visit(trip: Trip, rng: Random) -> list[dict[str, Any]]:
    file = f"{trip.country}LKS/{rng.randrange(100_000):05d}/{rng.randrange(1_000_000):06d}"
    return [
        value("visitedCountry", "string", trip.country),
        value("visitedNetwork", "string", trip.network),
        value("roamingZone", "string", trip.zone),
        value("fileReference", "string", file),
    ]
