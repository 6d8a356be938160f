"""Usage in the words of TMF635 v4.0.0, with `impactedBucket` (v4.1) and `externalIdentifier` (v5)."""

from typing import Any

from django.utils import timezone

from specs.models import UsageSpecification
from tmfusage.tmf.attributes import Anything, Choice, Exact, Flag, Identifier, Moment, Text, Uri
from tmfusage.tmf.entities import EntityRef, Money, Quantity, RelatedParty
from tmfusage.tmf.serializers import Extensible
from tmfusage.tmf.viewsets import TmfViewSet
from tmfusage.tmf.violations import Violation
from usage.models import Usage as UsageModel

_AMOUNTS = (
    "taxExcludedRatingAmount",
    "taxIncludedRatingAmount",
    "taxExcludedAmount",
    "taxIncludedAmount",
    "bucketValueConvertedInAmount",
)


class ProductRef(EntityRef):
    """The product that was used."""


class RatedProductUsage(Extensible):
    """What the usage costs, with all rating details."""

    class Meta:
        legacy = {
            "taxExcludedAmount": "taxExcludedRatingAmount",
            "taxIncludedAmount": "taxIncludedRatingAmount",
        }

    isBilled = Flag(required=False)
    isTaxExempt = Flag(required=False)
    offerTariffType = Text(required=False)
    ratingAmountType = Text(required=False)
    ratingDate = Moment(required=False)
    taxRate = Exact(required=False)
    usageRatingTag = Text(required=False)
    bucketValueConvertedInAmount = Money(required=False)
    productRef = ProductRef(required=False)
    taxExcludedRatingAmount = Money(required=False)
    taxIncludedRatingAmount = Money(required=False)

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """Wrap what version 2 wrote flat: amounts beside one currencyCode, a product as its id."""
        flat = [name for name in _AMOUNTS if name in members and not isinstance(members[name], dict | None)]
        product = members.get("productRef")
        if not flat and not isinstance(product, str):
            return members
        currency = members.get("currencyCode")
        mended: dict[str, Any] = {name: item for name, item in members.items() if not (flat and name == "currencyCode")}
        for name in flat:
            mended[name] = {"unit": currency, "value": members[name]}
        if isinstance(product, str):
            mended["productRef"] = {"id": product}
        return mended


class CharacteristicRelationship(Extensible):
    """How one characteristic of a usage relates to another."""

    id = Text(required=False)
    href = Uri(required=False)
    relationshipType = Text(required=False)


class UsageCharacteristic(Extensible):
    """A named value of the usage, such as its duration."""

    id = Text(required=False)
    name = Text(max_length=255)
    valueType = Text(required=False)
    characteristicRelationship = CharacteristicRelationship(many=True, required=False)
    value = Anything()


class UsageSpecificationRef(EntityRef):
    """The specification that says what this usage must carry."""


class BucketRef(EntityRef):
    """The bucket that a usage took from."""

    usageType = Text(required=False)


class ImpactedBucketItem(Extensible):
    """One change of the bucket: a debit, a credit, a tax, a fee."""

    name = Text(required=False)
    description = Text(required=False)
    reason = Text(required=False)
    amount = Quantity(required=False)
    itemType = Text(required=False)


class ImpactedBucket(Extensible):
    """A bucket before and after the usage took from it (TMF635 v4.1)."""

    name = Text(required=False)
    description = Text(required=False)
    amountBefore = Quantity(required=False)
    amountAfter = Quantity(required=False)
    requestedDate = Moment(required=False)
    confirmationDate = Moment(required=False)
    bucket = BucketRef(required=False)
    item = ImpactedBucketItem(many=True, required=False)


class ExternalIdentifier(Extensible):
    """The key of the usage in its sender's system."""

    owner = Text(required=False)
    externalIdentifierType = Text(required=False)
    id = Identifier()


class Usage(Extensible):
    """An occurrence of employing a product, service or resource, of interest to the business."""

    class Meta:
        legacy = {
            "date": "usageDate",
            "type": "usageType",
            "characteristic": "usageCharacteristic",
            "characteristics": "usageCharacteristic",
        }
        columns = {
            "id": "id",
            "href": "id",
            "@type": "type",
            "status": "status",
            "usageDate": "usage_date",
            "usageType": "usage_type",
            "usageSpecification.id": "specification_id",
            "relatedParty.id": "party_ids",
            "ratedProductUsage.productRef.id": "product_ids",
            "externalIdentifier.id": "external_ids",
        }
        identity = "externalIdentifier"

    id = Text(read_only=True, help_text="Unique identifier.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    description = Text(required=False)
    usageDate = Moment(required=False)
    usageType = Text(required=False, max_length=255)
    ratedProductUsage = RatedProductUsage(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    status = Choice(UsageModel.Status.choices, legacy={"rerate": "rerated"}, required=False)
    usageCharacteristic = UsageCharacteristic(many=True, required=False)
    usageSpecification = UsageSpecificationRef(help_text="Required in a POST; it may name one kept elsewhere.")
    impactedBucket = ImpactedBucket(many=True, required=False)
    externalIdentifier = ExternalIdentifier(many=True, required=False)


class UsageViewSet(TmfViewSet):
    """Usage records."""

    scope = "usage"
    queryset = UsageModel.objects.all()
    serializer_class = Usage

    def _further(self, malformed: dict) -> list[Violation]:
        """What their specification says to them, if the caller may know it."""
        named = malformed.get("usageSpecification")
        key = named.get("id") if isinstance(named, dict) else None
        stand = UsageSpecification.objects.rules(key) if isinstance(key, str) and "\x00" not in key else None
        if stand is None or not stand.shown_to(self.party or ""):
            return []
        return stand.rules.check(malformed, now=timezone.now())
