"""The objects of TMF677 v5.1.0. A missing `@type` is tolerated in a request; answers always have it."""

from consumption.api.shapes_v4 import PartyAccountRef, Quantity, ReserveBalanceRef
from tmfusage.tmf.attributes import Anything, Flag, Identifier, Moment, Text, Uri
from tmfusage.tmf.entities import EntityRef, TimePeriod
from tmfusage.tmf.serializers import Extensible, Referring


class PartyOrPartyRole(Referring):
    """A party or a party role."""

    id = Identifier()
    href = Uri(required=False)
    name = Text(required=False)
    partyId = Text(required=False)
    partyName = Text(required=False)


class RelatedPartyRefOrPartyRoleRef(Extensible):
    """A party or party role, and its role here."""

    role = Text(required=False, folded=True)
    partyOrPartyRole = PartyOrPartyRole()

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """Wrap what v4 writes flat."""
        if "partyOrPartyRole" in members or "id" not in members:
            return members
        kept = {name: item for name, item in members.items() if name in {"role", "@baseType", "@schemaLocation"}}
        given = {name: item for name, item in members.items() if name not in kept}
        if given.get("@type") not in {"PartyRef", "PartyRoleRef"}:
            given.pop("@type", None)
        return {**kept, "partyOrPartyRole": given}


class BucketCounter(Extensible):
    """How much of a bucket, or beyond it, was used."""

    id = Text(required=False)
    href = Uri(required=False)
    counterType = Text(required=False)
    level = Text(required=False)
    valueName = Text(required=False)
    consumptionPeriod = TimePeriod(required=False)
    user = RelatedPartyRefOrPartyRoleRef(required=False)
    value = Quantity(required=False)
    characteristic = Anything(required=False)


class ConsumptionSummary(BucketCounter):
    """How much was used without a bucket."""


class ProductRef(EntityRef):
    """A product."""


class UsageConsumptionProductRef(EntityRef):
    """A product, and what was used of it without a bucket."""

    consumptionSummary = ConsumptionSummary(many=True, required=False)


class LogicalResourceRef(Referring):
    """A line, by its id or by its phone number."""

    id = Identifier(required=False, help_text="Required, unless `value` is given.")
    href = Uri(required=False)
    name = Text(required=False)
    value = Text(required=False, max_length=255, help_text="What identifies the resource, such as an MSISDN.")

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """A number alone is its own id."""
        return {"id": members["value"], **members} if members.get("value") and "id" not in members else members


class BucketSpecificationRef(EntityRef):
    """The kind of the bucket."""


class BucketRelationship(Extensible):
    """How one bucket relates to another."""

    class Meta:
        legacy = {"bucketRefOrValue": "bucket"}

    id = Text(required=False)
    href = Uri(required=False)
    name = Text(required=False)
    role = Text(required=False)
    relationshipType = Text()
    validFor = TimePeriod(required=False)
    bucket = Anything(help_text="The other bucket.")


class Bucket(EntityRef):
    """A bucket with what remains of it (`@type` Bucket), or a reference to one (`@type` BucketRef)."""

    id = Identifier(required=False)
    description = Text(required=False)
    usageType = Text(required=False, max_length=255)
    isShared = Flag(required=False)
    isUnlimited = Flag(required=False)
    creationDate = Moment(required=False)
    relatedParty = RelatedPartyRefOrPartyRoleRef(many=True, required=False)
    partyAccount = PartyAccountRef(required=False)
    product = ProductRef(many=True, required=False)
    logicalResource = LogicalResourceRef(many=True, required=False)
    bucketSpecification = BucketSpecificationRef(required=False)
    bucketRelationship = BucketRelationship(many=True, required=False)
    bucketCounter = BucketCounter(many=True, required=False)
    reserveBalance = ReserveBalanceRef(many=True, required=False)
    reservedValue = Quantity(required=False)
    remainingValue = Quantity(required=False)
    remainingValueName = Text(required=False)
    status = Text(required=False, folded=True)
    validFor = TimePeriod(required=False)


class ErrorMessage(Extensible):
    """Why a query could not be answered."""

    code = Text(required=False)
    reason = Text(required=False)
    message = Text(required=False)
    status = Text(required=False)
    referenceError = Uri(required=False)


class UsageConsumptionReport(Extensible):
    """What was consumed, and what is left; in `searchCriteria` and in a POST what is asked for."""

    class Meta:
        legacy = {"bucketRefOrValue": "bucket"}
        columns = {"id": "id", "href": "id", "@type": "type"}

    id = Text(read_only=True, help_text="Unique identifier.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    name = Text(required=False)
    description = Text(required=False)
    creationDate = Moment(read_only=True)
    lastUpdate = Moment(read_only=True)
    validPeriod = TimePeriod(required=False)
    bucket = Bucket(many=True, required=False)
    relatedParty = RelatedPartyRefOrPartyRoleRef(many=True, required=False)
    partyAccount = PartyAccountRef(many=True, required=False)
    product = UsageConsumptionProductRef(many=True, required=False)
    logicalResource = LogicalResourceRef(many=True, required=False)


class QueryUsageConsumption(Extensible):
    """A query for what is left and what was used, and its answer."""

    class Meta:
        legacy = {"queryUsageConsumptionDate": "creationDate"}
        columns = {"id": "id", "href": "id", "@type": "type", "state": "state"}

    id = Text(read_only=True, help_text="Unique identifier.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    state = Text(read_only=True, help_text="acknowledged, inProgress, done or terminatedWithError.")
    errorMessage = ErrorMessage(many=True, read_only=True)
    creationDate = Moment(read_only=True)
    searchCriteria = UsageConsumptionReport(required=False)
    usageConsumption = UsageConsumptionReport(
        many=True, read_only=True, help_text="One for each of those asked for who has anything; else empty."
    )
    relatedParty = RelatedPartyRefOrPartyRoleRef(many=True, required=False)
    partyAccount = PartyAccountRef(many=True, required=False)
