"""When people use what: hours of the day, days of the week."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

DAYS = 60


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Weights of the 24 hours, and how much busier (or quieter) a weekend day is."""

    hours: tuple[int, ...]
    weekend: float

    def draw(self, now: datetime, rng: Random) -> datetime:
        """A moment within the days before `now`."""
        days = [(now - timedelta(days=ago)).date() for ago in range(DAYS + 1)]
        weights = [self.weekend if day.weekday() >= 5 else 1.0 for day in days]
        while True:
            day, hour = rng.choices(days, weights)[0], rng.choices(range(24), self.hours)[0]
            moment = datetime.combine(day, time(hour, rng.randrange(60), rng.randrange(60)), now.tzinfo)
            if now - timedelta(days=DAYS) <= moment < now:
                return moment


#                 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23
CALLS = Rhythm((1, 1, 0, 0, 0, 1, 2, 5, 9, 11, 11, 11, 12, 10, 10, 10, 11, 13, 13, 11, 9, 6, 4, 2), 0.7)
TEXTS = Rhythm((2, 1, 1, 0, 0, 1, 3, 6, 8, 8, 8, 9, 11, 9, 8, 9, 10, 12, 13, 13, 12, 11, 8, 4), 1.1)
DATA = Rhythm((5, 3, 2, 1, 1, 2, 5, 9, 9, 8, 8, 9, 11, 10, 9, 9, 10, 11, 12, 13, 14, 14, 12, 8), 1.2)
TELEVISION = Rhythm((3, 1, 1, 0, 0, 0, 1, 2, 2, 2, 2, 2, 3, 3, 3, 4, 5, 7, 11, 16, 22, 22, 14, 7), 1.9)


def tariff(moment: datetime) -> str:
    """The tariff in force at the moment."""
    if moment.weekday() >= 5:
        return "Weekend"
    return "Normal" if 7 <= moment.hour < 21 else "Night"
