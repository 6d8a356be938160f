"""The sub-resources of a usage as nested serializers."""

from rest_framework import serializers


class Shape(serializers.Serializer):
    """An object of the API; it may say which class it refers to."""

    def get_fields(self):
        """The declared fields and `@referredType`, which Python cannot name."""
        return {**super().get_fields(), "@referredType": serializers.CharField(required=False)}


class Reference(Shape):
    """A reference to another entity."""

    id = serializers.CharField()
    href = serializers.URLField(required=False)
    name = serializers.CharField(required=False)


class RelatedParty(Reference):
    """A party and what it is to the usage."""

    role = serializers.CharField(required=False)


class Money(serializers.Serializer):
    """An amount in a currency."""

    unit = serializers.CharField()
    value = serializers.FloatField()


class ProductUsage(serializers.Serializer):
    """What the usage costs."""

    isBilled = serializers.BooleanField(required=False)
    isTaxExempt = serializers.BooleanField(required=False)
    offerTariffType = serializers.CharField(required=False)
    ratingAmountType = serializers.CharField(required=False)
    ratingDate = serializers.DateTimeField(required=False)
    taxRate = serializers.FloatField(required=False)
    usageRatingTag = serializers.CharField(required=False)
    bucketValueConvertedInAmount = Money(required=False)
    taxExcludedRatingAmount = Money(required=False)
    taxIncludedRatingAmount = Money(required=False)
    productRef = Reference(required=False)


class UsageCharacteristic(serializers.Serializer):
    """A named value."""

    name = serializers.CharField()
    valueType = serializers.CharField(required=False)
    value = serializers.JSONField()
