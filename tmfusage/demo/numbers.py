"""Phone numbers that belong to nobody: the ranges which regulators keep free for drama and tests."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers of one place: the prefix in E.164, then the last digits from `low` to `high`."""

    prefix: str
    low: int
    high: int
    width: int
    place: str

    def draw(self, rng: Random) -> str:
        """One number of the range."""
        return f"{self.prefix}{rng.randint(self.low, self.high):0{self.width}d}"


@dataclass(frozen=True, slots=True)
class Country:
    """A country that can be called: calling code, zone of the price list, ranges."""

    code: str
    calling_code: str
    name: str
    ranges: tuple[Range, ...]


MOBILE = Range("+447700900", 0, 999, 3, "a mobile")

HOME = Country(
    "GB",
    "44",
    "the United Kingdom",
    (
        Range("+442079460", 0, 999, 3, "London"),
        Range("+441134960", 0, 999, 3, "Leeds"),
        Range("+441144960", 0, 999, 3, "Sheffield"),
        Range("+441174960", 0, 999, 3, "Bristol"),
        Range("+441214960", 0, 999, 3, "Birmingham"),
        Range("+441314960", 0, 999, 3, "Edinburgh"),
        Range("+441414960", 0, 999, 3, "Glasgow"),
        Range("+441514960", 0, 999, 3, "Liverpool"),
        Range("+441614960", 0, 999, 3, "Manchester"),
        Range("+441914980", 0, 999, 3, "Tyneside"),
        Range("+442896496", 0, 999, 3, "Belfast"),
        Range("+442920180", 0, 999, 3, "Cardiff"),
    ),
)
ABROAD = (
    Country("FR", "33", "France", (Range("+3319900", 0, 9_999, 4, "Paris"), Range("+3363998", 0, 9_999, 4, "France"))),
    Country(
        "DE", "49", "Germany", (Range("+493023125", 0, 999, 3, "Berlin"), Range("+498999998", 0, 999, 3, "Munich"))
    ),
    Country("IE", "353", "Ireland", (Range("+3532091", 0, 99_999, 5, "Ireland"),)),
    Country(
        "SE", "46", "Sweden", (Range("+468465004", 0, 99, 2, "Stockholm"), Range("+463139006", 0, 99, 2, "Gothenburg"))
    ),
    Country(
        "US",
        "1",
        "the United States",
        (
            Range("+121255501", 0, 99, 2, "New York"),
            Range("+131255501", 0, 99, 2, "Chicago"),
            Range("+120655501", 0, 99, 2, "Seattle"),
        ),
    ),
    Country("CA", "1", "Canada", (Range("+161355501", 0, 99, 2, "Ottawa"), Range("+151455501", 0, 99, 2, "Montreal"))),
    Country(
        "AU", "61", "Australia", (Range("+61255501", 0, 999, 3, "Sydney"), Range("+61491570", 156, 159, 3, "Australia"))
    ),
)


def draw_abroad(rng: Random) -> tuple[Country, Range, str]:
    """A number in another country, the near ones more often."""
    country = rng.choices(ABROAD, weights=(5, 4, 6, 1, 4, 2, 2))[0]
    place = rng.choice(country.ranges)
    return country, place, place.draw(rng)


def draw_home(rng: Random) -> tuple[Range, str]:
    """A number at home: a mobile as often as not."""
    place = MOBILE if rng.random() < 0.6 else rng.choice(HOME.ranges)
    return place, place.draw(rng)
