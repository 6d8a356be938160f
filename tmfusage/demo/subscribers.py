"""Two hundred invented subscribers of the invented operator, with their plans and products."""

from dataclasses import dataclass
from functools import cached_property
from random import Random

from tmfusage.demo.names import people
from tmfusage.demo.numbers import MOBILE

SUBSCRIBERS = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """A mobile plan: what is included each month (None: without limit)."""

    code: str
    name: str
    minutes: int | None
    texts: int | None
    megabytes: int | None


PLANS = (
    Plan("start", "Larkspur Start 1 GB", 60, 40, 1_000),
    Plan("family", "Larkspur Family 6 GB", 250, 200, 6_000),
    Plan("go", "Larkspur Go 30 GB", None, None, 30_000),
    Plan("work", "Larkspur Work", None, None, None),
)


@dataclass(frozen=True)
class Subscriber:
    """A person with one mobile number, one plan, and perhaps television and a roaming option."""

    party_id: str
    name: str
    number: str
    plan: Plan
    television: bool
    traveller: bool
    activity: float
    bill_day: int

    @cached_property
    def products(self) -> dict[str, tuple[str, str]]:
        """Id and name of each product held, by what it is used for."""
        serial = self.party_id.removeprefix("CUST-")
        held = {"mobile": (f"PROD-{serial}-M", self.plan.name)}
        if self.traveller:
            held["roaming"] = (f"PROD-{serial}-R", "Larkspur Abroad")
        if self.television:
            held["tv"] = (f"PROD-{serial}-T", "Larkspur TV")
        return held


def subscribers(rng: Random, count: int = SUBSCRIBERS) -> list[Subscriber]:
    """The subscribers; the same source of chance gives the same people again."""
    numbers = rng.sample(range(MOBILE.low, MOBILE.high + 1), count)
    return [
        Subscriber(
            party_id=f"CUST-{index:05d}",
            name=name,
            number=f"{MOBILE.prefix}{number:03d}",
            plan=rng.choices(PLANS, weights=(30, 35, 25, 10))[0],
            television=rng.random() < 0.35,
            traveller=rng.random() < 0.3,
            activity=round(max(0.4, rng.lognormvariate(0, 0.7)), 3),
            bill_day=rng.choice((1, 5, 10, 15, 20, 25)),
        )
        for index, (name, number) in enumerate(zip(people(count, rng), numbers, strict=True), start=1001)
    ]
