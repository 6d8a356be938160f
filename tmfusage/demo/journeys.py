"""How a usage travels through its life cycle: when it moved, who moved it, and why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from tmfusage.demo.operator import BILLING, GUIDING, RATING, STAFF

UNGUIDED = (
    "No subscriber held the number at the time of use.",
    "The product was ceased before the usage date.",
    "The record looks like a duplicate of one in an earlier file.",
    "The record arrived after the partner's settlement had closed.",
)
UNRATED = (
    "The price list has no price for this destination.",
    "The product has no rating plan on the usage date.",
)
CORRECTED = (
    "Corrected: the number had been ported in the day before.",
    "Corrected: the product was reactivated.",
    "Corrected: the price list was completed.",
    "Checked with the partner: no duplicate.",
)
REPRICED = ("Price list corrected.", "Allowance credited after a complaint.", "Roaming zone corrected by the partner.")


@dataclass(frozen=True, slots=True)
class Move:
    """One step along the life cycle."""

    at: datetime
    before: str
    after: str
    by: str
    reason: str = ""


class Journey:
    """The moves of one usage from its arrival until now; what it took of an allowance that is over by `end` stays."""

    def __init__(self, arrived: datetime, end: datetime, now: datetime, bill_day: int, rng: Random):
        self.at, self.end, self.now, self.bill_day, self.rng = arrived, end, now, bill_day, rng
        self.status = "received"
        self.moves: list[Move] = []
        if self._guided():
            self._rated()

    @property
    def rated_at(self) -> datetime | None:
        """When it was rated last; None when it is not rated now."""
        if self.status not in {"rated", "rerated", "billed"}:
            return None
        return next(move.at for move in reversed(self.moves) if move.after == "rated")

    def _guided(self) -> bool:
        """Whether it got as far as being guided."""
        wait = self._wait(60, 10_000) if self._chance(0.86) else self._wait(86_400, 900_000)
        if self._chance(0.94):
            return self._move(wait, "guided", GUIDING)
        return self._move(wait, "rejected", GUIDING, UNGUIDED) and self._recycled()

    def _recycled(self) -> bool:
        """Whether staff corrected it, and it was guided then."""
        wait = self._wait(20_000, 1_200_000)
        if not (self._chance(0.6) and self._move(wait, "recycled", STAFF, CORRECTED)):
            return False
        wait = self._wait(60_000, 1_700_000)
        if self._chance(0.85):
            return self._move(wait, "guided", GUIDING)
        return self._move(wait, "rejected", GUIDING, UNGUIDED) and False

    def _rated(self) -> None:
        wait = self._wait(600, 70_000) if self._chance(0.85) else self._wait(86_400, 1_200_000)
        if self._chance(0.015):
            self._move(wait, "rejected", RATING, UNRATED)
            return
        if not self._move(wait, "rated", RATING):
            return
        if self._chance(0.035) and not self._rerated():
            return
        run = self._bill_run()
        if run <= self.now and not self._chance(0.02):
            self._step(run, "billed", BILLING)

    def _rerated(self) -> bool:
        """Whether it is rated again, or was left as it is, for there was no time before the end."""
        marking, rating = self._wait(50_000, 900_000), self._wait(3_600, 90_000)
        if self.at + marking + rating >= self.end:
            return True
        marked = self._move(marking, "rerated", STAFF, REPRICED)
        return marked and self._chance(0.4) and self._move(rating, "rated", RATING)

    def _bill_run(self) -> datetime:
        """The night of the subscriber's next bill."""
        night = self.at.replace(hour=3, minute=0, second=0, microsecond=0) + timedelta(days=1)
        while night.day != self.bill_day:
            night += timedelta(days=1)
        return night + timedelta(seconds=self.rng.randrange(5_400))

    def _move(self, wait: timedelta, status: str, by: str, reasons: tuple[str, ...] = ()) -> bool:
        """Move on after the wait; False when that is not yet."""
        reason = self.rng.choice(reasons) if reasons else ""
        return self._step(self.at + wait, status, by, reason)

    def _step(self, at: datetime, status: str, by: str, reason: str = "") -> bool:
        if at > self.now:
            return False
        self.moves.append(Move(at, self.status, status, by, reason))
        self.at, self.status = at, status
        return True

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def _wait(self, least: int, most: int) -> timedelta:
        return timedelta(milliseconds=self.rng.randint(least * 1000, most * 1000))
