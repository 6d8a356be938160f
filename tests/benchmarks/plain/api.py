"""A ModelViewSet by the book: nested serializers check what comes in, offset paging with a count, jsonb out."""

from rest_framework import mixins, serializers, viewsets
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter

from tests.benchmarks.plain.models import PlainUsage
from tests.benchmarks.plain.rules import check_characteristics
from tests.benchmarks.plain.shapes import ProductUsage, Reference, RelatedParty, UsageCharacteristic

RENAMED = {
    "usageType": "usage_type",
    "usageDate": "usage_date",
    "ratedProductUsage": "rated_product_usage",
    "relatedParty": "related_party",
    "usageCharacteristic": "usage_characteristic",
    "usageSpecification": "usage_specification",
}
FILTERS = {"usageType": "usage_type", "status": "status"}


class UsageSerializer(serializers.ModelSerializer):
    """The usage as it is shown: sub-resources straight from their jsonb columns."""

    href = serializers.HyperlinkedIdentityField(view_name="usage-detail")
    usageType = serializers.CharField(source="usage_type")
    usageDate = serializers.DateTimeField(source="usage_date")
    ratedProductUsage = serializers.JSONField(source="rated_product_usage")
    relatedParty = serializers.JSONField(source="related_party")
    usageCharacteristic = serializers.JSONField(source="usage_characteristic")
    usageSpecification = serializers.JSONField(source="usage_specification")

    class Meta:
        model = PlainUsage
        fields = ["id", "href", "status", "description", *RENAMED]
        read_only_fields = ["id"]

    def get_fields(self):
        """The declared fields and `@type`, which Python cannot name."""
        return {**super().get_fields(), "@type": serializers.CharField(source="type", required=False)}


class UsageCreateSerializer(UsageSerializer):
    """The usage as it comes in: every sub-resource checked, and the whole against its specification."""

    ratedProductUsage = ProductUsage(source="rated_product_usage", many=True)
    relatedParty = RelatedParty(source="related_party", many=True)
    usageCharacteristic = UsageCharacteristic(source="usage_characteristic", many=True)
    usageSpecification = Reference(source="usage_specification")

    def validate(self, attrs):
        """The attributes, when they keep to the specification."""
        check_characteristics(attrs["usage_specification"]["id"], attrs["usage_characteristic"])
        return attrs

    def create(self, validated_data):
        """The stored usage."""
        return PlainUsage.objects.create(**validated_data)

    def to_representation(self, instance):
        """The usage as it is shown anywhere else."""
        return UsageSerializer(instance, context=self.context).data


class Pagination(LimitOffsetPagination):
    """Pages of a hundred, with the counts in headers."""

    default_limit = 100

    def get_paginated_response(self, data):
        """The bare list."""
        return Response(data, headers={"X-Total-Count": self.count, "X-Result-Count": len(data)})


class UsageViewSet(mixins.CreateModelMixin, mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """The usages."""

    queryset = PlainUsage.objects.all()
    pagination_class = Pagination

    def get_serializer_class(self):
        """What comes in is checked, what goes out is shown."""
        return UsageCreateSerializer if self.action == "create" else UsageSerializer

    def filter_queryset(self, queryset):
        """Those with the values in the query."""
        asked = self.request.query_params
        return queryset.filter(**{column: asked[name] for name, column in FILTERS.items() if name in asked})


router = SimpleRouter(trailing_slash=False)
router.register("usage", UsageViewSet, basename="usage")
