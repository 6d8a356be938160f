"""The actions of TMF654 v4.0.0."""

from consumption.api.shapes_v4 import PartyAccountRef, Quantity, UsageConsumptionLogicalResourceRef
from consumption.models import BalanceAction
from tmfusage.tmf.attributes import Choice, Flag, Identifier, Moment, Text, Uri, Whole
from tmfusage.tmf.entities import EntityRef, Money, RelatedParty, TimePeriod
from tmfusage.tmf.serializers import Extensible

COLUMNS = {
    "id": "id",
    "href": "id",
    "@type": "type",
    "status": "status",
    "bucket.id": "bucket_ids",
}


class BucketRef(EntityRef):
    """The bucket that is changed."""

    usageType = Text(required=False)


class ProductRef(EntityRef):
    """The product of the bucket."""


class ChannelRef(EntityRef):
    """Where the request came from."""

    id = Identifier(required=False)


class PaymentMethodRef(EntityRef):
    """How it was paid for."""

    id = Identifier(required=False)


class ExternalIdentifier(Extensible):
    """The key of the action in its sender's system: the same one again is the same action."""

    owner = Text(required=False, max_length=120)
    externalIdentifierType = Text(required=False)
    id = Identifier(max_length=120)


class _Action(Extensible):
    """What all actions have."""

    id = Text(read_only=True, help_text="Unique identifier.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    description = Text(required=False)
    reason = Text(required=False, max_length=1000)
    requestedDate = Moment(required=False)
    confirmationDate = Moment(read_only=True)
    status = Choice(BalanceAction.Status.choices, read_only=True)
    amount = Quantity(help_text="Converted into the unit of the bucket; without a unit it is in that one.")
    bucket = BucketRef()
    channel = ChannelRef(required=False)
    logicalResource = UsageConsumptionLogicalResourceRef(many=True, required=False)
    partyAccount = PartyAccountRef(required=False)
    product = ProductRef(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    requestor = RelatedParty(required=False)
    usageType = Text(required=False)
    validFor = TimePeriod(required=False)
    externalIdentifier = ExternalIdentifier(many=True, required=False)


class TopupBalance(_Action):
    """An amount is added to a bucket."""

    class Meta:
        columns = COLUMNS

    isAutoTopup = Flag(required=False)
    numberOfPeriods = Whole(required=False)
    recurringPeriod = Text(required=False)
    voucher = Text(required=False)
    paymentMethod = PaymentMethodRef(required=False)


class AdjustBalance(_Action):
    """What was granted is corrected, upwards or (by a negative amount) downwards."""

    class Meta:
        columns = COLUMNS

    adjustType = Text(required=False)


class ReserveBalance(_Action):
    """An amount is set aside until the reservation is cancelled."""

    class Meta:
        columns = COLUMNS


class TransferBalance(_Action):
    """An amount moves from one bucket to another."""

    class Meta:
        columns = COLUMNS

    receiverBucket = BucketRef()
    receiver = RelatedParty(required=False)
    receiverBucketUsageType = Text(required=False)
    receiverLogicalResource = UsageConsumptionLogicalResourceRef(required=False)
    receiverProduct = ProductRef(required=False)
    costOwner = Text(required=False)
    transferCost = Money(required=False)
