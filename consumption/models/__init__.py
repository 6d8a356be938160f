"""What is kept of consumption."""

from consumption.models.actions import BalanceAction
from consumption.models.bucket import Bucket
from consumption.models.catalogue import BucketSpecification
from consumption.models.counters import BucketCounter, Crossing, RunningTotal
from consumption.models.ledger import LedgerEntry, Posting
from consumption.models.owners import BucketQuerySet, Owner
from consumption.models.queries import QueryUsageConsumption, ReportHeading, UsageConsumptionReport
from consumption.models.rules import ConsumptionRule

__all__ = [
    "BalanceAction",
    "Bucket",
    "BucketCounter",
    "BucketQuerySet",
    "BucketSpecification",
    "ConsumptionRule",
    "Crossing",
    "LedgerEntry",
    "Owner",
    "Posting",
    "QueryUsageConsumption",
    "ReportHeading",
    "RunningTotal",
    "UsageConsumptionReport",
]
