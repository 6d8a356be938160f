"""Bucket: an amount that somebody may use, with everything that TMF677 and TMF654 say about it."""

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consumption import units
from consumption.models.catalogue import BucketSpecification
from consumption.models.fields import amounts, ids, period
from consumption.models.owners import Owner, owners_of, spellings
from tmfusage.tmf.moments import instant
from tmfusage.tmf.refusals import broken, conflict
from tmfusage.tmf.resources import Resource
from tmfusage.tmf.violations import Violation

COMPUTED = ("validFor", "remainingValue", "reservedValue", "isUnlimited")


class BucketQuerySet(models.QuerySet):
    """Finds buckets by whose they are."""

    def of(self, kind: str, *keys: str) -> "BucketQuerySet":
        """Buckets of any of the owners: parties, accounts, products, services, resources."""
        return self.filter(pk__in=Owner.objects.filter(kind=kind, key__in=keys).values("bucket_id"))

    def of_number(self, *numbers: str) -> "BucketQuerySet":
        """Buckets of the phone numbers, however they are written."""
        return self.of(Owner.Kind.RESOURCE, *(each for number in numbers for each in spellings(number)))


class Bucket(Resource):
    """A balance of one usage type: what was granted, what remains, what is reserved, what was used beyond it.

    Amounts are in the base unit of the bucket's family (seconds, bytes, pieces, a currency); `unit` is how they are
    shown. `remaining` is what may still be used: what is reserved is no more part of it.
    """

    spliced = {"status": "status"}

    class Status(models.TextChoices):
        """TMF677's words."""

        ACTIVE = "active", _("Active")
        SUSPENDED = "suspended", _("Suspended")
        EXPIRED = "expired", _("Expired")

    name = models.CharField(_("name"), max_length=255, blank=True)
    usage_type = ids(_("usage type"))
    unit = models.CharField(_("unit"), max_length=32, blank=True)
    measured = models.BooleanField(_("holds an amount"), default=True)
    unlimited = models.BooleanField(_("unlimited"), default=False)
    specification = models.ForeignKey(
        BucketSpecification, models.PROTECT, null=True, blank=True, related_name="buckets", db_index=False,
        verbose_name=_("specification"),
    )  # fmt: skip
    priority = models.SmallIntegerField(_("priority"), default=0)
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.ACTIVE, db_collation="C")
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("valid until"), null=True, blank=True)
    granted = amounts(_("granted"))
    granted_before = amounts(_("granted in earlier periods"))
    remaining = amounts(_("remaining"))
    reserved = amounts(_("reserved"))
    overage = amounts(_("beyond the bucket"))
    crossed = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("thresholds crossed"), default=list)

    objects = BucketQuerySet.as_manager()

    class Meta:
        verbose_name = _("bucket")
        verbose_name_plural = _("buckets")
        ordering = ["-id"]
        permissions = [("move_balance", _("Can grant, adjust and transfer balances"))]
        indexes = [
            GinIndex(fields=["party_ids"], name="consumption_bucket_parties"),
            # Only what still runs out is looked through by the sweep.
            models.Index(
                fields=["valid_to"], condition=~Q(status="expired") & Q(valid_to__isnull=False),
                name="consumption_bucket_ends",
            ),
            models.Index(fields=["specification", "-id"], name="consumption_bucket_spec"),
        ]  # fmt: skip
        constraints = [
            models.CheckConstraint(condition=Q(remaining__gte=0), name="consumption_remaining"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="consumption_reserved"),
            models.CheckConstraint(condition=Q(overage__gte=0), name="consumption_overage"),
            models.CheckConstraint(
                condition=Q(granted__gte=models.F("remaining") + models.F("reserved")), name="consumption_granted"
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.id

    @property
    def shown(self) -> dict[str, Any]:
        """The complete bucket but for its href: what never changes by itself, and how it stands now."""
        return {**super().shown, **self.standing}

    @property
    def standing(self) -> dict[str, Any]:
        """The members that are computed: validity, what remains, what is reserved."""
        members: dict[str, Any] = {}
        if validity := period(self.valid_from, self.valid_to):
            members["validFor"] = validity
        if self.unlimited:
            members["isUnlimited"] = True
        elif self.measured:
            members["remainingValue"] = units.quantity(self.remaining, self.unit)
            if self.reserved:
                members["reservedValue"] = units.quantity(self.reserved, self.unit)
        return members

    @property
    def remaining_text(self) -> str:
        """What remains, for people: remainingValueName of the wire."""
        if self.unlimited:
            return "Unlimited"
        return units.text(self.remaining, self.unit) if self.measured else ""

    def text_of(self, amount: Decimal) -> str:
        """Another amount of the bucket, for people."""
        return units.text(amount, self.unit)

    @property
    def allowance(self) -> Decimal:
        """What was granted for this period."""
        return self.granted - self.granted_before

    @property
    def used_percent(self) -> Decimal:
        """How much of this period's allowance is used up."""
        if self.unlimited or not self.allowance:
            return Decimal(100 if self.overage else 0)
        return 100 * (self.allowance - self.remaining - self.reserved) / self.allowance

    def shares_units_with(self, other: "Bucket") -> bool:
        """Whether amounts of the two can be added up."""
        return units.same_family(self.unit, other.unit)

    @property
    def undecided(self) -> bool:
        """Whether nothing has said yet in which unit an unlimited bucket counts."""
        return self.unlimited and not self.unit

    def counts_in(self, unit: str) -> bool:
        """Whether amounts in the unit can be taken from it."""
        return self.undecided or units.same_family(self.unit, unit)

    def decide_unit(self, unit: str) -> None:
        """Count in the unit of the first amount taken from this (locked) bucket, when nothing else says in which."""
        if self.undecided:
            self.unit = units.unit_of(unit).name
            Bucket.objects.filter(pk=self.pk).update(unit=self.unit)

    def promote(self, members: dict[str, Any]) -> None:
        """Fill the columns that are derived from the document."""
        super().promote(members)
        self.name = members.get("name", "")
        self.usage_type = members.get("usageType", "")

    @classmethod
    @transaction.atomic
    def receive(cls, members: dict[str, Any], by: str) -> "Bucket":
        """Store a new bucket from checked wire members; what it holds is its first grant."""
        kind = BucketSpecification.objects.named_by(members)
        members = kind.filled(members, timezone.now()) if kind else members
        named = {"id": members["id"]} if members.get("id") else {}
        bucket = cls(type=members.get("@type", "Bucket"), created_by=by, **named)
        bucket._describe(members)
        bucket.open(members.get("remainingValue"), by)
        return bucket

    def open(self, holds: dict[str, Any] | None, by: str) -> None:
        """Insert this new bucket, with its owners and the grant of what it holds (a Quantity of the wire)."""
        self.measured = holds is not None or self.unlimited or bool(self.specification_id)
        given = Decimal(0)
        if holds is not None:
            self.unit = str(holds.get("units") or self.unit)
            self._guard_units(self.specification, "$.remainingValue.units")
            given = units.to_base(holds.get("amount", 1), self.unit)
            if given < 0:
                raise conflict("A bucket cannot hold less than nothing.")
        self.granted = self.remaining = Decimal(0) if self.unlimited else given
        self.save(force_insert=True)
        self.own()
        if self.granted:
            self.entries.create(
                kind="grant", amount=given, resulting_remaining=given, period_start=self.valid_from, by=by
            )

    @transaction.atomic
    def amend(self, members: dict[str, Any], by: str) -> None:
        """Replace what this (locked) bucket says; amounts change by top-up, adjustment and transfer only."""
        stored = self.shown
        if members == stored:
            return
        for name in ("remainingValue", "reservedValue"):
            if name in members and members[name] != stored.get(name):
                raise conflict("An amount is not overwritten.", f"{name} changes by top-up, adjustment or transfer.")
        if (members.get("status", self.status) == self.Status.EXPIRED) != (self.status == self.Status.EXPIRED):
            raise conflict("A bucket expires by itself.", "Its validity says when; it can be suspended until then.")
        self._describe(members)
        self.touch()
        self.save()
        self.owners.all().delete()
        self.own()

    def remove(self, by: str) -> None:
        """Delete the bucket, unless its ledger has entries: they stay for good."""
        if self.entries.exists():
            raise conflict("The bucket has a ledger, which is kept.", "Suspend it instead.", "bucketInUse")
        self.delete()

    def own(self) -> None:
        """Note whose bucket it is, for look-ups."""
        owners = [Owner(bucket=self, kind=kind, key=each) for kind, each in owners_of(self.members)]
        Owner.objects.bulk_create(owners)

    def _describe(self, members: dict[str, Any]) -> None:
        self.status = members.get("status", self.status)
        self.unlimited = bool(members.get("isUnlimited", self.unlimited))
        validity = members.get("validFor") or {}
        self.valid_from, self.valid_to = (
            instant(validity[end]) if validity.get(end) else None for end in ("startDateTime", "endDateTime")
        )
        kind = BucketSpecification.objects.named_by(members)
        if kind and kind.pk != self.specification_id:
            self.priority = kind.priority
            if not self.unit and not self.entries.exists():
                self.unit = kind.unit
            self._guard_units(kind, "$.bucketSpecification.id")
        self.specification = kind
        self.members = {name: item for name, item in members.items() if name not in COMPUTED}

    def _guard_units(self, kind: BucketSpecification | None, path: str) -> None:
        """Refuse a specification that grants what does not convert into the bucket's unit."""
        if kind and not units.same_family(self.unit, kind.unit):
            message = f"{self.unit or 'a number'} cannot be converted to {kind.unit} of the specification"
            raise broken([Violation(path, "unitMismatch", message)])
