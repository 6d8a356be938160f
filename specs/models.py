"""UsageSpecification: what a usage must look like, edited row by row and shown as one document."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from specs import standing
from specs.characteristics import check_specification
from specs.standing import Stand
from specs.using import IN_USE, refuse_if_used, refuse_new_uniqueness
from specs.wire import WireRow, absorb, render
from tmfusage.hub.publishing import publish
from tmfusage.hub.topics import declare
from tmfusage.tmf.refusals import broken, conflict
from tmfusage.tmf.resources import ExactJSONField, Resource, different

CREATED, CHANGED = "UsageSpecificationCreateEvent", "UsageSpecificationAttributeValueChangeEvent"
DELETED = "UsageSpecificationDeleteEvent"
declare("usageManagement", "usageSpecification", [CREATED, CHANGED, DELETED], scope="spec:read")


class UsageSpecificationQuerySet(models.QuerySet["UsageSpecification"]):
    """Finds specifications."""

    def rules(self, specification_id: str) -> Stand | None:
        """The rules of the specification as it stands now; None when there is no such one.

        `standing.lately` remembers them without asking; who relies on that makes sure with STILL_STANDS.
        """
        stand = standing.lately(specification_id)
        if stand and stand.revision == standing.revision_of(specification_id):
            return stand
        specification = self.filter(pk=specification_id).first()
        if specification is None:
            standing.forget(specification_id)
            return None
        return standing.compiled(specification)


class Extensible(WireRow):
    """The polymorphic members of every object, and what the standard does not know."""

    base_type = models.CharField(_("@baseType"), max_length=255, blank=True)
    schema_location = models.CharField(_("@schemaLocation"), max_length=2048, blank=True)

    class Meta:
        abstract = True


class Period(models.Model):
    """A validity period; an open end is empty."""

    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("valid until"), null=True, blank=True)

    class Meta:
        abstract = True


class UsageSpecification(Resource, Extensible, Period):
    """What a kind of usage must carry: characteristics, allowed values, versions and life cycle."""

    WIRE = {
        "name": "name",
        "description": "description",
        "version": "version",
        "lifecycleStatus": "lifecycle_status",
        "isBundle": "is_bundle",
        "relatedParty": "related_party",
        "attachment": "attachment",
        "constraint": "constraint",
        "entitySpecRelationship": "entity_spec_relationship",
        "targetEntitySchema": "target_entity_schema",
        "@baseType": "base_type",
        "@schemaLocation": "schema_location",
    }
    CHILDREN = {"specCharacteristic": "characteristics"}
    walked = {"name": {}, "lifecycle_status": {}}

    class LifecycleStatus(models.TextChoices):
        """The words of the catalogue's life cycle; the API also takes others."""

        IN_STUDY = "In study", _("In study")
        IN_DESIGN = "In design", _("In design")
        IN_TEST = "In test", _("In test")
        ACTIVE = "Active", _("Active")
        LAUNCHED = "Launched", _("Launched")
        RETIRED = "Retired", _("Retired")
        OBSOLETE = "Obsolete", _("Obsolete")
        REJECTED = "Rejected", _("Rejected")

    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True)
    version = models.CharField(_("version"), max_length=255, blank=True)
    lifecycle_status = models.CharField(_("life cycle status"), max_length=255, blank=True)
    is_bundle = models.BooleanField(_("is a bundle"), null=True, blank=True)
    related_party = ExactJSONField(_("related parties"), default=list, blank=True)
    attachment = ExactJSONField(_("attachments"), default=list, blank=True)
    constraint = ExactJSONField(_("constraints"), default=list, blank=True)
    entity_spec_relationship = ExactJSONField(_("relationships"), default=list, blank=True)
    target_entity_schema = ExactJSONField(_("target entity schema"), default=dict, blank=True)

    # The reason holds who changed it; the longest caller is longer than the 100 characters of the default.
    history = HistoricalRecords(
        excluded_fields=["party_ids"], history_change_reason_field=models.CharField(max_length=255, null=True)
    )
    objects = UsageSpecificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage specification")
        verbose_name_plural = _("usage specifications")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["name", "-id"], name="spec_name"),
            models.Index(fields=["lifecycle_status", "-id"], name="spec_lifecycle"),
            GinIndex(fields=["party_ids"], name="spec_parties"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()

    @classmethod
    @transaction.atomic
    def receive(cls, members: dict[str, Any], by: str) -> "UsageSpecification":
        """Store a new specification from checked wire members."""
        specification = cls(type=members.get("@type", "UsageSpecification"), created_by=by)
        specification._change_reason = by
        absorb(specification, members)
        specification.settle(first=True)
        return specification

    @transaction.atomic
    def amend(self, members: dict[str, Any], by: str) -> None:
        """Replace what this specification says."""
        if {**members, "lastUpdate": self.members["lastUpdate"]} == self.shown:
            return
        self._change_reason = by
        absorb(self, members)
        self.settle()

    def settle(self, first: bool = False) -> None:
        """Check the rows as a whole, show them as the document, save and tell; ends every change, API's and admin's."""
        before = self.members
        if not first:
            self.touch()
        self.members = render(self)
        if violations := check_specification(self.members):
            raise broken(violations, "The specification")
        if not first:
            refuse_new_uniqueness(self, before)
        self.save()
        changed = [name for name in different(before, self.members) if name != "lastUpdate"]
        if first or changed:
            publish(CREATED if first else CHANGED, self, () if first else changed)

    def remove(self, by: str) -> None:
        """Delete the specification, unless usages refer to it."""
        self._change_reason = by
        self.delete()

    @transaction.atomic
    def delete(self, *args, **kwargs):
        """Delete the specification; 409 with the number of usages when it is in use."""
        refuse_if_used(self, IN_USE)
        key = self.pk
        try:
            deleted = super().delete(*args, **kwargs)
        except models.ProtectedError as exc:
            names, rows = next(iter(exc.protected_objects))._meta, len(exc.protected_objects)
            refer = f"{names.verbose_name} refers" if rows == 1 else f"{names.verbose_name_plural} refer"
            raise conflict(IN_USE, f"{rows} {refer} to it.", "specificationInUse") from exc
        # Django forgets the key of what it deleted; listeners are to know it.
        self.pk = key
        publish(DELETED, self)
        return deleted

    def clone(self, version: str, by: str) -> "UsageSpecification":
        """A copy of everything under a new id and version, in design until it is activated."""
        return type(self).receive(
            {**self.members, "@type": self.type, "version": version, "lifecycleStatus": "In design"}, by
        )


class CharacteristicSpecification(Extensible, Period):
    """One characteristic that usages of the specification carry."""

    WIRE = {
        "id": "wire_id",
        "name": "name",
        "description": "description",
        "valueType": "value_type",
        "configurable": "configurable",
        "extensible": "extensible",
        "isUnique": "is_unique",
        "minCardinality": "min_cardinality",
        "maxCardinality": "max_cardinality",
        "regex": "regex",
        "charSpecRelationship": "relationships",
        "@type": "type",
        "@baseType": "base_type",
        "@schemaLocation": "schema_location",
        "@valueSchemaLocation": "value_schema_location",
    }
    CHILDREN = {"characteristicValueSpecification": "values"}

    specification = models.ForeignKey(
        UsageSpecification, models.CASCADE, related_name="characteristics", verbose_name=_("specification")
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    wire_id = models.CharField(_("id"), max_length=255, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)
    value_type = models.CharField(_("value type"), max_length=255, blank=True)
    min_cardinality = models.IntegerField(_("at least"), null=True, blank=True)
    max_cardinality = models.IntegerField(_("at most"), null=True, blank=True)
    regex = models.CharField(_("regular expression"), max_length=1024, blank=True)
    is_unique = models.BooleanField(_("unique"), null=True, blank=True)
    extensible = models.BooleanField(_("extensible"), null=True, blank=True)
    configurable = models.BooleanField(_("configurable"), null=True, blank=True)
    relationships = ExactJSONField(_("relationships"), default=list, blank=True)
    type = models.CharField(_("@type"), max_length=255, blank=True)
    value_schema_location = models.CharField(_("@valueSchemaLocation"), max_length=2048, blank=True)

    class Meta:
        verbose_name = _("characteristic")
        verbose_name_plural = _("characteristics")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class CharacteristicValueSpecification(Extensible, Period):
    """A value, a range or a pattern that a characteristic may take."""

    WIRE = {
        "value": "value",
        "isDefault": "is_default",
        "valueType": "value_type",
        "rangeInterval": "range_interval",
        "valueFrom": "value_from",
        "valueTo": "value_to",
        "regex": "regex",
        "unitOfMeasure": "unit_of_measure",
        "@type": "type",
        "@baseType": "base_type",
        "@schemaLocation": "schema_location",
    }

    class RangeInterval(models.TextChoices):
        """Which ends of the range belong to it."""

        OPEN = "open", _("open: neither end")
        CLOSED = "closed", _("closed: both ends")
        CLOSED_BOTTOM = "closedBottom", _("closedBottom: the lower end only")
        CLOSED_TOP = "closedTop", _("closedTop: the upper end only")

    characteristic = models.ForeignKey(
        CharacteristicSpecification, models.CASCADE, related_name="values", verbose_name=_("characteristic")
    )
    position = models.PositiveIntegerField(_("position"), default=0)
    value = ExactJSONField(_("value"), null=True, blank=True)
    is_default = models.BooleanField(_("default"), null=True, blank=True)
    value_type = models.CharField(_("value type"), max_length=255, blank=True)
    value_from = models.BigIntegerField(_("from"), null=True, blank=True)
    value_to = models.BigIntegerField(_("to"), null=True, blank=True)
    range_interval = models.CharField(_("range"), max_length=255, blank=True)
    regex = models.CharField(_("regular expression"), max_length=1024, blank=True)
    unit_of_measure = models.CharField(_("unit"), max_length=255, blank=True)
    type = models.CharField(_("@type"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("allowed value")
        verbose_name_plural = _("allowed values")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return str(self.value if self.value is not None else f"{self.value_from} … {self.value_to}")
