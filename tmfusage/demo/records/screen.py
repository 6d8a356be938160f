"""Films and programmes on demand."""

from datetime import timedelta
from decimal import Decimal

from tmfusage.demo.operator import STUDIO
from tmfusage.demo.records.record import NEVER_CHARGED, Charge, Record, World, value, weighted
from tmfusage.demo.rhythm import TELEVISION
from tmfusage.tmf.moments import instant_text

# Title, minutes, age rating.
TITLES = (
    ("The Lighthouse Ledger", 112, 12),
    ("Salt and Signal", 97, 0),
    ("A Winter in Port Ellery", 128, 12),
    ("Eleven Herons", 89, 6),
    ("The Cartographer's Daughter", 141, 12),
    ("Night Bus to Harrow Vale", 103, 16),
    ("Copper Moon", 118, 15),
    ("Grandmother's Orbit", 84, 0),
    ("The Quiet Exchange, episode 1", 52, 15),
    ("The Quiet Exchange, episode 2", 50, 15),
    ("The Quiet Exchange, episode 3", 54, 15),
    ("Allotment Wars, series 2", 28, 0),
    ("Below the Viaduct", 107, 18),
    ("Kites over Tamsin Bay", 92, 6),
)
ACCESS = (("stream", 72), ("rental", 24), ("purchase", 4))
QUALITY = (("HD", 62), ("UHD", 28), ("SD", 10))
DEVICES = (("setTopBox", 46), ("tv", 24), ("tablet", 12), ("phone", 11), ("browser", 7))
PRICES = {"stream": NEVER_CHARGED, "rental": Decimal("2.90"), "purchase": Decimal("7.50")}
UHD_EXTRA = Decimal("1.00")
LANGUAGES = ("en", "cy", "pl", "pa", "ur", "es", "fr")
PROFILES = ("Sofa", "Kids", "Guest", "Upstairs")


def title(world: World) -> Record:
    """A title that a household streamed, rented or bought."""
    rng, person, start = world.rng, world.somebody("tv"), TELEVISION.draw(world.now, world.rng)
    number = rng.randrange(len(TITLES))
    name, minutes, age = TITLES[number]
    access, quality = (weighted(rng, shares) for shares in (ACCESS, QUALITY))
    watched = minutes if rng.random() < 0.6 else rng.randint(1, minutes)
    characteristics = [
        value("titleId", "string", f"T{310_400 + 17 * number:06d}"),
        value("title", "string", name),
        value("access", "string", access),
        value("quality", "string", quality),
        value("watched", "integer", watched),
        value("device", "string", weighted(rng, DEVICES)),
        value("startDateTime", "dateTime", instant_text(start)),
        value("ageRating", "integer", age),
        *(value("subtitle", "string", language) for language in rng.sample(LANGUAGES, rng.choice((0, 0, 1, 2)))),
        *([value("audience", "array", rng.sample(PROFILES, rng.randint(1, 3)))] if rng.random() < 0.3 else []),
    ]
    return Record(
        ("tv-1.4", "TV on demand"),
        "TV",
        {"stream": "Streamed", "rental": "Rented", "purchase": "Bought"}[access] + f": {name} ({quality})",
        person,
        start,
        start + timedelta(minutes=watched),
        characteristics,
        Charge("tv", 1, "title", _price(access, quality), "On demand"),
        world.soon(),
        [("contentProvider", STUDIO)],
    )


def _price(access: str, quality: str) -> Decimal:
    extra = UHD_EXTRA if quality == "UHD" and access != "stream" else NEVER_CHARGED
    return PRICES[access] + extra
