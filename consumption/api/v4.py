"""Consumption in the words of TMF677 v4.0.0."""

from consumption.api.asking import AskingViewSet
from consumption.api.shapes_v4 import PartyAccountRef, UsageConsumption
from tmfusage.tmf.attributes import Moment, Text, Uri
from tmfusage.tmf.entities import RelatedParty
from tmfusage.tmf.serializers import Extensible


class QueryUsageConsumption(Extensible):
    """A query for what is left and what was used, and its answer."""

    class Meta:
        legacy = {"creationDate": "queryUsageConsumptionDate"}
        columns = {"id": "id", "href": "id", "@type": "type", "state": "state"}

    id = Text(read_only=True, help_text="Unique identifier.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    queryUsageConsumptionDate = Moment(required=False)
    state = Text(read_only=True, help_text="acknowledged, inProgress, done or terminatedWithError (as in v5).")
    partyAccount = PartyAccountRef(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    searchCriteria = UsageConsumption(required=False)
    usageConsumption = UsageConsumption(
        many=True, read_only=True, help_text="One for each of those asked for who has anything; else empty."
    )


class QueryUsageConsumptionViewSet(AskingViewSet):
    """Queries for consumption."""

    serializer_class = QueryUsageConsumption
