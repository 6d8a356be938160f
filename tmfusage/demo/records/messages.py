"""Texts and pictures."""

from datetime import timedelta
from decimal import Decimal

from tmfusage.demo.numbers import draw_abroad, draw_home
from tmfusage.demo.records.record import Charge, Record, World, about, value, weighted
from tmfusage.demo.rhythm import TEXTS, tariff
from tmfusage.tmf.moments import instant_text

PER_TEXT = Decimal("0.08")
PER_TEXT_ABROAD = Decimal("0.20")
PER_PICTURE = Decimal("0.375")
STATUSES = (("delivered", 93), ("pending", 2), ("expired", 3), ("undeliverable", 2))
TAGS = ("appointment", "booking", "one-time-code", "delivery", "reminder")
PICTURES = (("image/jpeg", 70), ("video/3gpp", 15), ("image/png", 10), ("audio/amr", 5))


def text(world: World) -> Record:
    """A text message."""
    rng, person, start = world.rng, world.somebody(), TEXTS.draw(world.now, world.rng)
    number, place, abroad = _recipient(world)
    length, encoding = about(rng, 70, 0.9, 1, 918), "UCS2" if rng.random() < 0.25 else "GSM7"
    single, joined = (70, 67) if encoding == "UCS2" else (160, 153)
    parts = 1 if length <= single else min(10, -(-length // joined))
    status = weighted(rng, STATUSES)
    end = start + timedelta(seconds=about(rng, 4, 0.9, 1, 3_600))
    characteristics = [
        value("originatingNumber", "string", person.number),
        value("destinationNumber", "string", number),
        value("submittedDateTime", "dateTime", instant_text(start)),
        *([value("deliveredDateTime", "dateTime", instant_text(end))] if status == "delivered" else []),
        value("deliveryStatus", "string", status),
        value("messageLength", "integer", min(length, parts * joined) if parts > 1 else length),
        value("parts", "integer", parts),
        value("encoding", "string", encoding),
        *(value("tag", "string", tag) for tag in rng.sample(TAGS, rng.choices((0, 1, 2), (85, 10, 5))[0])),
    ]
    price, tariff_type = (PER_TEXT_ABROAD, "International") if abroad else (PER_TEXT, tariff(start))
    charge = Charge("mobile", parts, "SMS", price, tariff_type, "" if abroad else "texts")
    name = ("sms-1.3", "Text message")
    return Record(name, "SMS", f"Text to {place}", person, start, end, characteristics, charge, world.soon())


def picture(world: World) -> Record:
    """A picture message."""
    rng, person, start = world.rng, world.somebody(), TEXTS.draw(world.now, world.rng)
    _, number = draw_home(rng)
    kinds = rng.sample([kind for kind, share in PICTURES for _ in range(share)], rng.choice((1, 1, 1, 2)))
    end = start + timedelta(seconds=rng.randint(2, 90))
    characteristics = [
        value("originatingNumber", "string", person.number),
        value("destinationNumber", "string", number),
        value("submittedDateTime", "dateTime", instant_text(start)),
        value("contentSize", "integer", about(rng, 220, 0.5, 12, 600)),
        *(value("contentType", "string", kind) for kind in dict.fromkeys(kinds)),
    ]
    return Record(
        ("mms-1.0", "Picture message"),
        "MMS",
        "Picture message",
        person,
        start,
        end,
        characteristics,
        Charge("mobile", 1, "MMS", PER_PICTURE, tariff(start)),
        world.soon(),
    )


def _recipient(world: World) -> tuple[str, str, bool]:
    if world.rng.random() < 0.06:
        country, _, number = draw_abroad(world.rng)
        return number, country.name, True
    if world.rng.random() < 0.35:
        return world.somebody().number, "a mobile", False
    place, number = draw_home(world.rng)
    return number, place.place, False
