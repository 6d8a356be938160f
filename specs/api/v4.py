"""UsageSpecification in the words of TMF635 v4.0.0."""

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from specs.models import UsageSpecification as UsageSpecificationModel
from specs.schemas import usage_schema
from tmfusage.tmf import exact
from tmfusage.tmf.attributes import (
    Anything,
    Base64,
    Cardinality,
    Flag,
    Identifier,
    Moment,
    Text,
    Uri,
    Whole,
)
from tmfusage.tmf.entities import EntityRef, Quantity, RelatedParty, TimePeriod
from tmfusage.tmf.serializers import Extensible, Referring, Representation
from tmfusage.tmf.viewsets import TmfViewSet


class CharacteristicValueSpecification(Extensible):
    """A value, a range or a pattern that a characteristic may take."""

    class Meta:
        legacy = {"default": "isDefault"}

    isDefault = Flag(required=False)
    rangeInterval = Text(required=False, max_length=255)
    regex = Text(required=False, max_length=1024)
    unitOfMeasure = Text(required=False, max_length=255)
    valueFrom = Whole(required=False)
    valueTo = Whole(required=False)
    valueType = Text(required=False, max_length=255)
    validFor = TimePeriod(required=False)
    value = Anything(required=False)

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """Drop empty strings: version 2 wrote them for members that are absent."""
        return {name: value for name, value in members.items() if value != ""}


class CharacteristicSpecificationRelationship(Extensible):
    """How one characteristic relates to another."""

    id = Text(required=False)
    href = Uri(required=False)
    characteristicSpecificationId = Text(required=False)
    name = Text(required=False)
    parentSpecificationHref = Uri(required=False)
    parentSpecificationId = Text(required=False)
    relationshipType = Text(required=False)
    validFor = TimePeriod(required=False)


class CharacteristicSpecification(Extensible):
    """A characteristic that usages of the specification carry."""

    class Meta:
        legacy = {
            "usageSpecCharacteristicValue": "characteristicValueSpecification",
            "specCharacteristicValue": "characteristicValueSpecification",
            "specCharRelationship": "charSpecRelationship",
        }

    id = Text(required=False, max_length=255)
    configurable = Flag(required=False)
    description = Text(required=False)
    extensible = Flag(required=False)
    isUnique = Flag(required=False)
    maxCardinality = Cardinality(required=False)
    minCardinality = Cardinality(required=False)
    name = Text(required=False, max_length=255)
    regex = Text(required=False, max_length=1024)
    valueType = Text(required=False, max_length=255)
    charSpecRelationship = CharacteristicSpecificationRelationship(many=True, required=False)
    characteristicValueSpecification = CharacteristicValueSpecification(many=True, required=False)
    validFor = TimePeriod(required=False)
    vars()["@valueSchemaLocation"] = Uri(required=False)


class AssociationSpecificationRef(EntityRef):
    """A reference to the specification of a relationship."""


class EntitySpecificationRelationship(Referring):
    """How one specification relates to another, for example a bundle to its members."""

    id = Text(required=False, max_length=255)
    href = Uri(required=False)
    name = Text(required=False)
    relationshipType = Text()
    role = Text(required=False)
    associationSpec = AssociationSpecificationRef(required=False)
    validFor = TimePeriod(required=False)


class AttachmentRefOrValue(Referring):
    """A document or picture, by value (base64) or by reference (url)."""

    id = Text(required=False, max_length=255)
    href = Uri(required=False)
    attachmentType = Text(required=False)
    content = Base64(required=False)
    description = Text(required=False)
    mimeType = Text(required=False)
    name = Text(required=False)
    url = Uri(required=False)
    size = Quantity(required=False)
    validFor = TimePeriod(required=False)


class ConstraintRef(EntityRef):
    """A policy or rule applied to the specification."""

    version = Text(required=False)


class TargetEntitySchema(Representation):
    """Where the schema of the described entity stands."""

    vars()["@schemaLocation"] = Uri(help_text="The schema of the target entity.")
    vars()["@type"] = Identifier(help_text="The class of the target entity.")


class UsageSpecification(Extensible):
    """A detailed description of a usage event: all characteristics known for one type of usage."""

    class Meta:
        legacy = {
            "usageSpecCharacteristic": "specCharacteristic",
            "usageSpecRelationship": "entitySpecRelationship",
        }
        columns = {
            "id": "id",
            "href": "id",
            "@type": "type",
            "name": "name",
            "version": "version",
            "description": "description",
            "lifecycleStatus": "lifecycle_status",
            "isBundle": "is_bundle",
            "lastUpdate": "last_update",
            "relatedParty.id": "party_ids",
            "validFor.startDateTime": "valid_from",
            "validFor.endDateTime": "valid_to",
        }

    id = Text(read_only=True, help_text="Unique identifier.")
    href = Uri(read_only=True, help_text="Where this resource is.")
    description = Text(required=False)
    isBundle = Flag(required=False)
    lastUpdate = Moment(read_only=True, help_text="When the specification was last changed here.")
    lifecycleStatus = Text(required=False, max_length=255)
    name = Identifier(help_text="Name of the specification; required in a POST.")
    version = Text(required=False, max_length=255)
    attachment = AttachmentRefOrValue(many=True, required=False)
    constraint = ConstraintRef(many=True, required=False)
    entitySpecRelationship = EntitySpecificationRelationship(many=True, required=False)
    relatedParty = RelatedParty(many=True, required=False)
    specCharacteristic = CharacteristicSpecification(many=True, required=False)
    targetEntitySchema = TargetEntitySchema(required=False)
    validFor = TimePeriod(required=False)


class UsageSpecificationViewSet(TmfViewSet):
    """The usage catalogue."""

    scope = "spec"
    unowned_is_shared = True
    queryset = UsageSpecificationModel.objects.all()
    serializer_class = UsageSpecification

    def usage_schema(self, request: Request, id: str) -> HttpResponse:
        """The JSON Schema of a usage of the specification, for `@schemaLocation`; it holds now."""
        specification = self.found(id)
        schema_id, numeric = f"{self.href(id)}/schema", settings.USAGE_NUMERIC_STRINGS
        schema = usage_schema(specification.shown, schema_id, at=timezone.now(), numeric_strings=numeric)
        return HttpResponse(exact.dumps(schema), content_type="application/schema+json")
