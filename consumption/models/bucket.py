"""Bucket: an amount that somebody may use, with everything that TMF677 and TMF654 say about it."""

from datetime import datetime
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
from consumption.models.owners import BucketQuerySet, Owner, owners_of
from consumption.models.standing import COMPUTED
from consumption.models.states import EXPIRED, State, is_overdue
from tmfusage.tmf.computed import members_of
from tmfusage.tmf.moments import instant
from tmfusage.tmf.refusals import TmfError, broken, conflict
from tmfusage.tmf.resources import Resource
from tmfusage.tmf.violations import Violation

# What a specification that was changed under its buckets may lead to: other units, dates beyond the last one.
UNRENEWABLE = (TmfError, ValueError, OverflowError)


class Bucket(Resource):
    """A balance of one usage type: what was granted, what remains, what is reserved, what was used beyond it.

    Amounts are in the base unit of the bucket's family (seconds, bytes, pieces, a currency); `unit` is how they are
    shown. `remaining` is what may still be used: what is reserved is no more part of it.
    """

    spliced = {"status": "status"}
    computed = COMPUTED
    walked = {"specification_id": {}}

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
    # From where the periods of a bucket that renews are counted; empty until it has renewed.
    anchor = models.DateTimeField(null=True, editable=False)
    # How often ending or renewing it has failed, and when that is tried again.
    end_failures = models.PositiveSmallIntegerField(default=0, editable=False)
    end_again_at = models.DateTimeField(null=True, editable=False)
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
        return {**super().shown, "status": self.state_shown(timezone.now()).status, **self.standing}

    @property
    def standing(self) -> dict[str, Any]:
        """The members that are computed: validity, what remains, what is reserved."""
        members: dict[str, Any] = {}
        now = self.state_shown(timezone.now())
        if validity := period(now.valid_from, now.valid_to):
            members["validFor"] = validity
        if self.unlimited:
            members["isUnlimited"] = True
        elif self.measured:
            members["remainingValue"] = units.quantity(now.remaining, self.unit)
            if self.reserved:
                members["reservedValue"] = units.quantity(self.reserved, self.unit)
        return members

    def is_overdue(self, moment: datetime) -> bool:
        """Whether its validity is over by then, and the bucket neither expired nor renewed yet."""
        return is_overdue(self, moment)

    def state_at(self, moment: datetime) -> State:
        """How it stands at the moment if nobody does anything: what is over has expired, or renewed."""
        kind = self.specification
        if not self.is_overdue(moment):
            return State(self.status, self.valid_from, self.valid_to, self.remaining)
        if not (kind and kind.renews and kind.period_count):
            return State(EXPIRED, self.valid_from, self.valid_to, Decimal(0))
        return State(self.status, *kind.period_at(self.counted_from, moment), self._renewal(kind))

    def state_shown(self, moment: datetime) -> State:
        """The same for those who look: of what cannot be renewed nothing can be used."""
        try:
            return self.state_at(moment)
        except UNRENEWABLE:
            return State(EXPIRED, self.valid_from, self.valid_to, Decimal(0))

    @property
    def counted_from(self) -> datetime:
        """From where its periods are counted."""
        kind, end = self.specification, self.valid_to
        assert kind is not None and end is not None  # noqa: S101, PT018 - whoever asks has made sure that it renews
        return kind.anchor_of(self.anchor or self.valid_from, end)

    def _renewal(self, kind: BucketSpecification) -> Decimal:
        if self.unlimited or not self.measured:
            return Decimal(0)
        self._guard_units(kind, "$.bucketSpecification.id")
        return kind.granted

    @property
    def remaining_text(self) -> str:
        """What remains, for people: remainingValueName of the wire."""
        if self.unlimited:
            return "Unlimited"
        return self.text_of(self.state_shown(timezone.now()).remaining) if self.measured else ""

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
        reserved = members.get("reservedValue")
        if reserved and units.checked(reserved.get("amount", 1)):
            raise conflict("A new bucket has nothing reserved.", "reservedValue changes by reserveBalance.")
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
                raise broken([Violation("$.remainingValue.amount", "invalidQuantity", "is less than nothing")])
            if given and self.status == self.Status.EXPIRED:
                raise conflict("A bucket that has expired holds nothing.", "Its validity says when it expires.")
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
        if self._starts(members) != self.valid_from and self.entries.exists():
            message = "The ledger counts by it (validFor.startDateTime); the end can be moved."
            raise conflict("The start of a bucket with a ledger stays.", message, "invalidTransition")
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
        before, ends = self.valid_to, (members.get("validFor") or {}).get("endDateTime")
        self.valid_from, self.valid_to = self._starts(members), instant(ends) if ends else None
        kind = BucketSpecification.objects.named_by(members)
        if kind and kind.pk != self.specification_id:
            if not kind.active:
                message = f'"{kind}" is not active; there are no new buckets of it'
                raise broken([Violation("$.bucketSpecification.id", "invalidValue", message)])
            self.priority = kind.priority
            if not self.unit and not self.entries.exists():
                self.unit = kind.unit
            self._guard_units(kind, "$.bucketSpecification.id")
        if self.valid_to != before or kind != self.specification:
            self.anchor = None
        self.specification = kind
        self.members = {name: item for name, item in members.items() if name not in members_of(COMPUTED)}

    @staticmethod
    def _starts(members: dict[str, Any]) -> datetime | None:
        starts = (members.get("validFor") or {}).get("startDateTime")
        return instant(starts) if starts else None

    def _guard_units(self, kind: BucketSpecification | None, path: str) -> None:
        """Refuse a specification that grants what does not convert into the bucket's unit."""
        if kind and not units.same_family(self.unit, kind.unit):
            message = f"{self.unit or 'a number'} cannot be converted to {kind.unit} of the specification"
            raise broken([Violation(path, "unitMismatch", message)])
