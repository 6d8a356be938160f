"""Mobile data at home."""

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

from tmfusage.demo.records.record import NEVER_CHARGED, Charge, Record, World, about, period, value, weighted
from tmfusage.demo.rhythm import DATA, tariff

PER_MEGABYTE = Decimal("0.012")
ACCESS = (("4G", 58), ("5G", 38), ("3G", 4))
POINTS = (("internet", 92), ("tethering", 5), ("farm.larkspur.example", 3))


def session(world: World) -> Record:
    """A data session in the home network."""
    rng, person, start = world.rng, world.somebody(), DATA.draw(world.now, world.rng)
    access = weighted(rng, ACCESS)
    end = start + timedelta(seconds=about(rng, 1_500, 1.0, 20, 14_400))
    volume = about(rng, 130_000_000, 1.2, 40_000, 6_000_000_000)
    free = rng.random() < 0.03
    characteristics = [
        value("msisdn", "string", person.number),
        value("apn", "string", weighted(rng, POINTS)),
        *volumes(rng, volume),
        *period(start, end),
        value("accessTechnology", "string", access),
        value("ipVersion", "string", rng.choice(("IPv6", "IPv4v6", "IPv4v6"))),
        *([value("zeroRated", "boolean", True)] if free else []),
        *([value("share", "object", _share(rng))] if rng.random() < 0.3 else []),
    ]
    megabytes = -(-volume // 1_000_000)
    charge = Charge("mobile", megabytes, "MB", PER_MEGABYTE, tariff(start), "megabytes")
    if free:
        charge = Charge("mobile", megabytes, "MB", NEVER_CHARGED, tariff(start))
    name = ("data-3.0", "Mobile data session")
    return Record(name, "Data", f"Mobile data, {access}", person, start, end, characteristics, charge, world.soon())


def volumes(rng: Random, volume: int) -> list[dict[str, Any]]:
    """The characteristics of a volume: up, down and both."""
    up = volume * rng.randint(3, 22) // 100
    return [
        value("volumeUp", "integer", up),
        value("volumeDown", "integer", volume - up),
        value("volume", "integer", volume),
    ]


def _share(rng: Random) -> dict[str, Decimal]:
    video, social = Decimal(rng.randint(200, 650)) / 10, Decimal(rng.randint(50, 300)) / 10
    return {"video": video, "social": social, "other": 100 - video - social}
