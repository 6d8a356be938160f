"""The price of a usage: monthly allowances first, then the price list; every amount exact."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from tmfusage.demo.operator import CURRENCY, PRODUCTS
from tmfusage.demo.records.record import Charge, Record
from tmfusage.tmf.moments import instant_text

UNITS = {"minutes": "minutes", "texts": "SMS", "megabytes": "MB"}
TYPES = {"minutes": "voice", "texts": "sms", "megabytes": "data"}
CENT = Decimal("0.01")


class Rater:
    """Rates records in the order of their dates, and remembers what each subscriber has used this month."""

    def __init__(self) -> None:
        self.used: dict[tuple[str, str, str], int] = defaultdict(int)

    def rate(self, record: Record, at: datetime, billed: bool) -> dict[str, Any]:
        """The members of a rated usage: `ratedProductUsage`, and `impactedBucket` where an allowance was used."""
        charge = record.charge
        granted = getattr(record.subscriber.plan, charge.allowance) if charge.allowance else 0
        before = self._left(record, granted)
        included = charge.quantity if granted is None else min(charge.quantity, before)
        rated = []
        if included:
            rated.append(_rated(record, at, billed, "included usage", included))
        if included < charge.quantity or not rated:
            tag = "non included usage" if charge.allowance else "usage"
            rated.append(_rated(record, at, billed, tag, charge.quantity - included))
        members: dict[str, Any] = {"ratedProductUsage": rated}
        if charge.allowance:
            limited = granted is not None
            self.used[_key(record)] += included
            members["impactedBucket"] = [_impact(record, at, included, charge.quantity, before if limited else None)]
        return members

    def _left(self, record: Record, granted: int | None) -> int:
        return max(0, (granted or 0) - self.used[_key(record)]) if record.charge.allowance else 0


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
    parts = {"usage": included, "outOfBucket": used - included}
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
