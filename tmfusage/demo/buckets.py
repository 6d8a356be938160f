"""The subscribers' monthly buckets, and a ledger that explains every unit of them by the usages that took it."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from operator import itemgetter
from random import Random
from typing import Any

from consumption import units
from consumption.booking import COUNTS
from consumption.models import (
    Bucket,
    BucketCounter,
    BucketSpecification,
    ConsumptionRule,
    Crossing,
    LedgerEntry,
    Owner,
    Posting,
)
from consumption.models.catalogue import months_later
from consumption.models.owners import owners_of
from consumption.thresholds import reached_by
from tmfusage.demo.operator import RATING
from tmfusage.demo.rating import TYPES, UNITS, bucket_id
from tmfusage.demo.subscribers import PLANS, Plan, Subscriber, subscribers
from tmfusage.demo.usages import SEED, DemoUsage
from tmfusage.tmf.moments import instant

BATCH = 1_000
BY = RATING
Kind = LedgerEntry.Kind
# Usage specification: quantity, its unit, the buckets' usage type, and the characteristic that says whose they are.
RULES = {
    "voice-2.0": ("duration", "seconds", "voice", "originatingNumber"),
    "sms-1.3": ("", "", "sms", "originatingNumber"),
    "data-3.0": ("volume", "B", "data", "msisdn"),
}


def store_buckets(made: list[DemoUsage], now: datetime) -> None:
    """Store the kinds of buckets, the rules, each subscriber's buckets, and their ledger."""
    kinds = _store_kinds()
    for specification, (quantity, unit, usage_type, number) in RULES.items():
        ConsumptionRule.objects.create(
            specification_id=specification, characteristic=quantity, unit=unit, usage_type=usage_type, whose_name=number
        )
    months = sorted({f"{instant(each.members['usageDate']):%Y-%m}" for each in made} | {f"{now:%Y-%m}"})
    people = subscribers(Random(SEED))  # noqa: S311 - the same people again
    accounts = {
        account.bucket.pk: account
        for person in people
        for month in months
        for account in _accounts(person, month, kinds)
    }
    for _at, _id, step in sorted(_steps(made, accounts), key=itemgetter(0, 1)):
        step()
    for account in accounts.values():
        account.end(now)
    _store(list(accounts.values()))


def _steps(made: list[DemoUsage], accounts: dict[str, "Account"]) -> Iterable[tuple[datetime, str, Callable]]:
    """When each usage takes of a bucket, and when one that is to be rated anew gives it back."""
    for each in made:
        for impact in each.members.get("impactedBucket", ()):
            account = accounts[impact["bucket"]["id"]]
            yield instant(impact["confirmationDate"]), each.id, partial(account.take, each, impact)
            if each.marked_at:
                yield each.marked_at, each.id, partial(account.give_back, each.id, each.marked_at)


class Account:
    """One bucket while its ledger is being written."""

    def __init__(self, bucket: Bucket, granted: Decimal, owner: Subscriber):
        self.bucket, self.owner = bucket, owner
        self.entries: list[LedgerEntry] = []
        self.postings: list[Posting] = []
        self.crossings: list[Crossing] = []
        self.counted: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        assert bucket.valid_from is not None  # noqa: S101 - they are monthly
        if granted:
            self._post(Kind.GRANT, granted, bucket.valid_from)

    def take(self, usage: DemoUsage, impact: dict[str, Any]) -> None:
        """Note what the usage took, and what it used beyond the bucket."""
        at = instant(impact["confirmationDate"])
        self.end(at)
        source = Posting.Source.IMPACT
        self.postings.append(Posting(usage_id=usage.id, sequence=1, source=source, at=at, reversed_at=usage.marked_at))
        product = usage.members["ratedProductUsage"][0]["productRef"]["id"]
        about = {"usage_id": usage.id, "sequence": 1, "user_id": self.owner.party_id, "product_id": product}
        for item in impact["item"]:
            amount = units.to_base(item["amount"]["amount"], item["amount"]["units"])
            if item["name"] == "outOfBucket":
                self._post(Kind.OVERAGE, amount, at, **about)
            elif self.bucket.unlimited:
                self._post(Kind.UNLIMITED, amount, at, **about)
            else:
                self._post(Kind.DEBIT, -amount, at, **about)
        self._note_thresholds(at)

    def give_back(self, usage_id: str, at: datetime) -> None:
        """Note that the usage, which is to be rated anew, gave back what it took."""
        for entry in [entry for entry in self.entries if entry.usage_id == usage_id]:
            about = {name: getattr(entry, name) for name in ("usage_id", "sequence", "user_id", "product_id")}
            self._post(Kind(LedgerEntry.BACK[Kind(entry.kind)]), -entry.amount, at, **about)
        self._note_thresholds(at)

    def end(self, moment: datetime) -> None:
        """Let what remains expire at the end of the validity, if that is over by then."""
        bucket, end = self.bucket, self.bucket.valid_to
        if bucket.status == Bucket.Status.ACTIVE and end and end <= moment:
            bucket.status, bucket.crossed = Bucket.Status.EXPIRED, []
            if bucket.remaining:
                self._post(Kind.EXPIRY, -bucket.remaining, end, reason="end of validity")

    def _note_thresholds(self, at: datetime) -> None:
        bucket, reached = self.bucket, reached_by(self.bucket)
        self.crossings += [
            Crossing(bucket=bucket, threshold=threshold, period_start=bucket.valid_from, at=at)
            for threshold in reached
            if threshold not in bucket.crossed
        ]
        bucket.crossed = reached

    def _post(self, kind: Kind, amount: Decimal, at: datetime, **about: Any) -> None:
        bucket = self.bucket
        granted, remaining, _reserved, overage = LedgerEntry.EFFECT[kind]
        bucket.granted += granted * amount
        bucket.remaining += remaining * amount
        bucket.overage += overage * amount
        entry = LedgerEntry(
            bucket=bucket, kind=kind, amount=amount, resulting_remaining=bucket.remaining, at=at, by=BY,
            period_start=bucket.valid_from, **about,
        )  # fmt: skip
        bucket.last_update = at
        bucket.revision = len(self.entries) + 1
        self.entries.append(entry)
        if counted := COUNTS.get(kind):
            counter, sign = counted
            self.counted[counter, entry.user_id, entry.product_id] += sign * amount


def _store_kinds() -> dict[tuple[str, str], BucketSpecification]:
    """A kind of bucket for each allowance of each plan."""
    kinds = {}
    for plan in PLANS:
        for allowance, usage_type in TYPES.items():
            granted = getattr(plan, allowance)
            kinds[plan.code, allowance] = BucketSpecification.objects.create(
                id=f"{plan.code}-{allowance}", name=f"{plan.name}: {allowance}", usage_type=usage_type,
                unit=UNITS[allowance], default_amount=granted, unlimited=granted is None, period_count=1,
            )  # fmt: skip
    return kinds


def _accounts(person: Subscriber, month: str, kinds: dict[tuple[str, str], BucketSpecification]) -> Iterable[Account]:
    """The subscriber's three buckets of a month."""
    start = datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)
    for allowance in TYPES:
        kind = kinds[person.plan.code, allowance]
        bucket = Bucket(
            id=bucket_id(person.party_id, month, allowance), type="Bucket", created_by=BY, created_at=start,
            last_update=start, unit=kind.unit, unlimited=kind.unlimited, specification=kind, valid_from=start,
            valid_to=months_later(start, 1),
            granted=Decimal(0), remaining=Decimal(0), reserved=Decimal(0), overage=Decimal(0),
        )  # fmt: skip
        bucket.members = _members(person, person.plan, allowance, kind)
        yield Account(bucket, kind.granted, person)


def _members(person: Subscriber, plan: Plan, allowance: str, kind: BucketSpecification) -> dict[str, Any]:
    product_id, product = person.products["mobile"]
    return {
        "name": f"{plan.name}: {allowance}",
        "usageType": TYPES[allowance],
        "isShared": False,
        "bucketSpecification": kind.reference,
        "relatedParty": [
            {"id": person.party_id, "name": person.name, "role": "customer", "@referredType": "Individual"}
        ],
        "product": [{"id": product_id, "name": product, "@referredType": "Product"}],
        "logicalResource": [{"id": person.number, "value": person.number, "@referredType": "MSISDN"}],
    }


def _store(accounts: list[Account]) -> None:
    buckets = [account.bucket for account in accounts]
    Bucket.objects.bulk_create(buckets, batch_size=BATCH)
    Owner.objects.bulk_create(
        (Owner(bucket=each, kind=kind, key=key) for each in buckets for kind, key in owners_of(each.members)),
        batch_size=BATCH,
    )
    LedgerEntry.objects.bulk_create((entry for each in accounts for entry in each.entries), batch_size=BATCH)
    Posting.objects.bulk_create((posting for each in accounts for posting in each.postings), batch_size=BATCH)
    BucketCounter.objects.bulk_create((each for account in accounts for each in _counters(account)), batch_size=BATCH)
    Crossing.objects.bulk_create((crossing for each in accounts for crossing in each.crossings), batch_size=BATCH)


def _counters(account: Account) -> list[BucketCounter]:
    bucket = account.bucket
    return [
        BucketCounter(
            bucket=bucket, counter_type=counter, period_start=bucket.valid_from, period_end=bucket.valid_to,
            user_id=user, product_id=product, value=value,
        )
        for (counter, user, product), value in account.counted.items()
    ]  # fmt: skip
