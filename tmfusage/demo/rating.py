"""The price of a usage: monthly allowances first, then the price list; every amount exact."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from consumption.models.catalogue import months_later
from tmfusage.demo.operator import CURRENCY, PRODUCTS
from tmfusage.demo.records.record import Charge, Record
from tmfusage.tmf.moments import instant_text

UNITS = {"minutes": "minutes", "texts": "SMS", "megabytes": "MB"}
TYPES = {"minutes": "voice", "texts": "sms", "megabytes": "data"}
CENT = Decimal("0.01")
USED = "usage"


class Rater:
    """Rates one record after the other, and remembers what each subscriber has used of each month."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, str, str], int] = defaultdict(int)

    def rate(self, record: Record, at: datetime, billed: bool) -> dict[str, Any]:
        """The members of a rated usage: `ratedProductUsage`, and `impactedBucket` where an allowance was used."""
        charge = record.charge
        granted = getattr(record.subscriber.plan, charge.allowance) if charge.allowance else 0
        before = self._left(record, granted, at)
        included = charge.quantity if before is None else min(charge.quantity, before)
        rated = []
        if included:
            rated.append(_rated(record, at, billed, "included usage", included))
        if included < charge.quantity or not rated:
            tag = "non included usage" if charge.allowance else "usage"
            rated.append(_rated(record, at, billed, tag, charge.quantity - included))
        members: dict[str, Any] = {"ratedProductUsage": rated}
        if charge.allowance:
            self.used[_key(record)] += included
            told = None if granted is None else before
            members["impactedBucket"] = [_impact(record, at, included, charge.quantity, told)]
        return members

    def give_back(self, record: Record, rating: dict[str, Any]) -> None:
        """Let what that rating had included be used by others."""
        for impact in rating.get("impactedBucket", ()):
            self.used[_key(record)] -= sum(item["amount"]["amount"] for item in impact["item"] if item["name"] == USED)

    def _left(self, record: Record, granted: int | None, at: datetime) -> int | None:
        """What is left of the allowance at that moment, None without limit; once its month is over, nothing."""
        if not record.charge.allowance or at >= month_end(record.start):
            return 0
        return None if granted is None else granted - self.used[_key(record)]


def month_end(moment: datetime) -> datetime:
    """When the month of the moment is over, and with it what it included."""
    return months_later(moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0), 1)


def money(amount: Decimal) -> dict[str, Any]:
    """The amount in the operator's currency, with two decimals or as many as it needs."""
    in_cents = amount.quantize(CENT)
    return {"unit": CURRENCY, "value": in_cents if in_cents == amount else amount.normalize()}


def _rated(record: Record, at: datetime, billed: bool, tag: str, quantity: int) -> dict[str, Any]:
    charge = record.charge
    worth = charge.price * quantity
    net = Decimal(0) if tag == "included usage" else worth
    product_id, product_name = record.subscriber.products[charge.product]
    return {
        "isBilled": billed,
        "isTaxExempt": charge.tax_rate == 0,
        "offerTariffType": charge.tariff,
        "ratingAmountType": "Total",
        "ratingDate": instant_text(at),
        "taxRate": charge.tax_rate,
        "usageRatingTag": tag,
        "bucketValueConvertedInAmount": money(worth),
        "productRef": {
            "id": product_id,
            "href": f"{PRODUCTS}/{product_id}",
            "name": product_name,
            "@referredType": "Product",
        },
        "taxExcludedRatingAmount": money(net),
        "taxIncludedRatingAmount": money(_gross(charge, net)),
    }


def _gross(charge: Charge, net: Decimal) -> Decimal:
    return net + net * charge.tax_rate / 100


def _key(record: Record) -> tuple[str, str, str]:
    return record.subscriber.party_id, f"{record.start:%Y-%m}", record.charge.allowance


def bucket_id(party_id: str, month: str, allowance: str) -> str:
    """The id of the bucket that holds a subscriber's allowance of a month."""
    return f"BUCKET-{party_id.removeprefix('CUST-')}-{month}-{allowance}"


def _impact(record: Record, at: datetime, included: int, used: int, before: int | None) -> dict[str, Any]:
    """What the usage took of its bucket and beyond it; of an unlimited one there is no before and after."""
    party, month, allowance = _key(record)
    units, name = UNITS[allowance], f"{record.subscriber.plan.name}: {allowance}"
    amounts = {} if before is None else {"amountBefore": before, "amountAfter": before - included}
    parts = {USED: included, "outOfBucket": used - included}
    return {
        "name": name,
        **{member: {"amount": amount, "units": units} for member, amount in amounts.items()},
        "confirmationDate": instant_text(at),
        "bucket": {
            "id": bucket_id(party, month, allowance),
            "name": name,
            "usageType": TYPES[allowance],
            "@referredType": "Bucket",
        },
        "item": [
            {"name": part, "itemType": "debit", "amount": {"amount": amount, "units": units}}
            for part, amount in parts.items()
            if amount
        ],
    }
