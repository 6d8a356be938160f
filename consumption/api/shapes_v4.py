"""The objects of TMF677 v4.0.0, and what reports tell beyond it; balances (TMF654) are made of them too."""

import re
from typing import Any

from consumption.models import Bucket as BucketModel
from tmfusage.tmf.attributes import Anything, Choice, Exact, Flag, Identifier, Moment, Text, Uri
from tmfusage.tmf.entities import EntityRef, RelatedParty, TimePeriod
from tmfusage.tmf.resources import ID_CHARACTERS
from tmfusage.tmf.serializers import Extensible, Referring, Representation


class GivenId(Identifier):
    """The id of a resource, given by its sender."""

    pattern = re.compile(ID_CHARACTERS)
    expected = "an id (letters, digits and . _ ~ + : @ = , -)"


class Quantity(Representation):
    """An amount in a unit."""

    amount = Exact(required=False, default=1, help_text="A missing amount means 1.")
    units = Text(required=False, max_length=32)


class PartyAccountRef(EntityRef):
    """The account that owns the bucket."""

    description = Text(required=False)
    status = Text(required=False)


class ConsumptionSummary(Extensible):
    """How much was used."""

    id = Text(required=False)
    href = Uri(required=False)
    counterType = Text(required=False)
    level = Text(required=False)
    valueName = Text(required=False)
    consumptionPeriod = TimePeriod(required=False)
    user = RelatedParty(required=False)
    value = Quantity(required=False)


class UsageConsumptionProductRef(EntityRef):
    """A product, and what was used of it without a bucket."""

    consumptionSummary = ConsumptionSummary(many=True, required=False)


class UsageConsumptionServiceRef(EntityRef):
    """A service, and what was used of it without a bucket."""

    consumptionSummary = ConsumptionSummary(many=True, required=False)


class UsageConsumptionLogicalResourceRef(Referring):
    """A line, by its id or by its phone number."""

    id = Identifier(required=False, help_text="Required, unless `value` is given.")
    href = Uri(required=False)
    name = Text(required=False)
    value = Text(required=False, max_length=255, help_text="What identifies the resource, such as an MSISDN.")
    consumptionSummary = ConsumptionSummary(many=True, required=False)

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """A number alone is its own id."""
        return {"id": members["value"], **members} if members.get("value") and "id" not in members else members


class ReserveBalanceRef(EntityRef):
    """A reservation."""


class BucketSpecificationRef(EntityRef):
    """The kind of the bucket."""


class BucketRelationship(Extensible):
    """How one bucket relates to another."""

    class Meta:
        legacy = {"bucket": "bucketRefOrValue"}

    relationshipType = Text()
    bucketRefOrValue = Anything(help_text="The other bucket.")


class Characteristic(Extensible):
    """A named value."""

    name = Text(max_length=255)
    valueType = Text(required=False)
    value = Anything(required=False)


class BucketRefOrValue(EntityRef):
    """A bucket with what remains of it, or a reference to one."""

    id = Identifier(required=False)
    description = Text(required=False)
    isShared = Flag(required=False)
    isUnlimited = Flag(required=False)
    remainingValueName = Text(required=False)
    status = Text(required=False, folded=True)
    usageType = Text(required=False, max_length=255)
    bucketCounter = ConsumptionSummary(many=True, required=False)
    bucketRelationship = BucketRelationship(many=True, required=False)
    bucketSpecification = BucketSpecificationRef(required=False)
    logicalResource = UsageConsumptionLogicalResourceRef(many=True, required=False)
    partyAccount = PartyAccountRef(required=False)
    product = UsageConsumptionProductRef(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    remainingValue = Quantity(required=False)
    reserveBalance = ReserveBalanceRef(many=True, required=False)
    reservedValue = Quantity(required=False)
    service = UsageConsumptionServiceRef(many=True, required=False)
    validFor = TimePeriod(required=False)
    characteristic = Characteristic(many=True, required=False)


class UsageConsumption(Extensible):
    """What was consumed, and what is left; in `searchCriteria` what is asked for."""

    class Meta:
        legacy = {"bucket": "bucketRefOrValue"}

    id = Text(required=False)
    href = Uri(required=False)
    creationDate = Moment(required=False)
    description = Text(required=False)
    lastUpdate = Moment(required=False)
    name = Text(required=False)
    bucketRefOrValue = BucketRefOrValue(many=True, required=False)
    logicalResource = UsageConsumptionLogicalResourceRef(many=True, required=False)
    partyAccount = PartyAccountRef(many=True, required=False)
    product = UsageConsumptionProductRef(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    service = UsageConsumptionServiceRef(many=True, required=False)
    state = Text(required=False)
    validPeriod = TimePeriod(required=False)
    characteristic = Characteristic(many=True, required=False)


class Bucket(Extensible):
    """A balance of one usage type, of some party, account, product, line or service (TMF654)."""

    class Meta:
        columns = {
            "id": "id",
            "href": "id",
            "@type": "type",
            "status": "status",
            "usageType": "usage_type",
            "isUnlimited": "unlimited",
            "validFor.startDateTime": "valid_from",
            "validFor.endDateTime": "valid_to",
            "relatedParty.id": "party_ids",
            "bucketSpecification.id": "specification_id",
        }

    id = GivenId(required=False, help_text="Unique; given by the sender, or made here.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    name = Text(required=False, max_length=255)
    description = Text(required=False)
    isShared = Flag(required=False)
    isUnlimited = Flag(required=False)
    usageType = Text(required=False, max_length=255)
    status = Choice(BucketModel.Status.choices, required=False)
    requestedDate = Moment(required=False)
    confirmationDate = Moment(required=False)
    remainingValue = Quantity(required=False, help_text="In a POST the first grant; it changes by actions only.")
    remainingValueName = Text(read_only=True)
    reservedValue = Quantity(required=False)
    bucketSpecification = BucketSpecificationRef(required=False)
    bucketRelationship = BucketRelationship(many=True, required=False)
    logicalResource = UsageConsumptionLogicalResourceRef(many=True, required=False)
    partyAccount = PartyAccountRef(required=False)
    product = UsageConsumptionProductRef(many=True, required=False)
    service = UsageConsumptionServiceRef(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    validFor = TimePeriod(required=False)
    characteristic = Characteristic(many=True, required=False)

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """What is computed here is not taken from a sender."""
        dropped: Any = {"bucketCounter", "remainingValueName"}
        return {name: item for name, item in members.items() if name not in dropped}
