"""Usage: one record of use, kept as one exact document plus the columns that are searched or change by themselves."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, ClassVar, Protocol

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from specs.models import UsageSpecification
from specs.standing import STILL_STANDS, Stand, lately
from tmfusage.tmf.actors import party_of
from tmfusage.tmf.moments import instant
from tmfusage.tmf.refusals import TmfError, broken, conflict
from tmfusage.tmf.resources import Resource, distinct
from tmfusage.tmf.retrying import again
from tmfusage.tmf.violations import Violation
from usage import claiming, events, lifecycle

ATTEMPTS = 5
GOVERNED = ("usageCharacteristic", "usageSpecification", "usageDate")
_NOT_DIGITS = re.compile(r"\D")


class UsageQuerySet(models.QuerySet):
    """Finds usages by what people know of them."""

    def of_number(self, number: str) -> "UsageQuerySet":
        """Usages from or to the phone number, however it is written."""
        return self.filter(numbers__contains=[digits(number)])


class Consumer(Protocol):
    """Somebody who takes part in what happens to a usage, such as the buckets that it takes from."""

    def plan(
        self, usage_id: str, before: dict[str, Any] | None, after: dict[str, Any] | None, by: str
    ) -> Callable[[], dict[str, Any]] | None:
        """The work that the change means, if any: it runs in its transaction and returns the members to store."""


class Usage(Resource):
    """An occurrence of employing a product, service or resource, of interest to the business (TMF635)."""

    spliced = {"status": "status"}
    # Filled by the apps above this one when they are ready.
    consumers: ClassVar[list[Consumer]] = []

    class Status(models.TextChoices):
        """The states of the life cycle."""

        RECEIVED = lifecycle.RECEIVED, _("Received")
        GUIDED = lifecycle.GUIDED, _("Guided")
        RATED = lifecycle.RATED, _("Rated")
        RERATED = lifecycle.RERATED, _("Rerated")
        BILLED = lifecycle.BILLED, _("Billed")
        REJECTED = lifecycle.REJECTED, _("Rejected")
        RECYCLED = lifecycle.RECYCLED, _("Recycled")

    walked = {"usage_type": {"status": Status.values}, "status": {}, "specification_id": {}}
    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.RECEIVED, db_collation="C")
    usage_date = models.DateTimeField(_("usage date"), null=True, blank=True)
    usage_type = models.CharField(_("usage type"), max_length=255, blank=True, db_collation="C")
    # No constraint in the database: a usage may name a specification that is kept elsewhere.
    specification = models.ForeignKey(
        UsageSpecification,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="usages",
        verbose_name=_("specification"),
    )
    product_ids = ArrayField(models.TextField(), verbose_name=_("products"), default=list)
    external_ids = ArrayField(models.TextField(), verbose_name=_("external identifiers"), default=list)
    numbers = ArrayField(models.TextField(), verbose_name=_("phone numbers"), default=list)

    objects = UsageQuerySet.as_manager()

    class Meta:
        verbose_name = _("usage")
        verbose_name_plural = _("usages")
        ordering = ["-id"]
        permissions = [("move_usage", _("Can move a usage along its life cycle"))]
        indexes = [
            models.Index(fields=["usage_type", "status", "-id"], name="usage_type_status"),
            models.Index(fields=["status", "-id"], name="usage_status"),
            models.Index(fields=["specification", "-id"], name="usage_spec"),
            models.Index(fields=["usage_date", "id"], name="usage_date"),
            GinIndex(fields=["party_ids", "numbers", "product_ids", "external_ids"], name="usage_keys"),
        ]

    def __str__(self) -> str:
        return self.id

    def promote(self, members: dict[str, Any]) -> None:
        """Fill the columns that are derived from the document."""
        super().promote(members)
        date = members.get("usageDate")
        self.usage_date = instant(date) if date else None
        self.usage_type = members.get("usageType", "")
        self.specification_id = members.get("usageSpecification", {}).get("id")
        self.product_ids = distinct(
            rated["productRef"]["id"] for rated in members.get("ratedProductUsage", ()) if "productRef" in rated
        )
        self.external_ids = distinct(each["id"] for each in members.get("externalIdentifier", ()))
        self.numbers = phone_numbers(members)

    @classmethod
    @again
    def receive(cls, members: dict[str, Any], by: str) -> "Usage":
        """Store a new usage from checked wire members, if its specification and the life cycle allow it."""
        usage = cls(type=members.get("@type", "Usage"), status=members.get("status", lifecycle.RECEIVED), created_by=by)
        lifecycle.check_start(usage.status)
        usage.members = members
        usage.check_rating(members)
        stand = usage.stand(remembered=True)
        for _attempt in range(ATTEMPTS):
            if usage._insert(members, stand):
                return usage
            stand = usage.stand()
        raise conflict("The specification keeps changing.", "Try again.")

    def _insert(self, members: dict[str, Any], stand: Stand | None) -> bool:
        """Store this new usage if its specification still is at that stand; whether it was."""
        try:
            unique = self.check_specification(members, stand, self.created_by)
        except TmfError:
            fresh = self.stand()
            if stand is None or (fresh and fresh.revision == stand.revision):
                raise
            return False
        condition = (STILL_STANDS, (self.specification_id, stand.revision)) if stand else ("TRUE", ())
        work = self._work(None, {**members, "status": self.status}, self.created_by)
        # One statement is its own transaction; only claims and work of others make it several.
        with transaction.atomic() if unique or work else nullcontext():
            if work:
                self.members = _done(work, members)
            stored = events.insert(self, *condition)
            if stored:
                claiming.claim(self, unique)
            elif work:
                transaction.set_rollback(True)
        return stored

    def _work(self, before: dict | None, after: dict | None, by: str) -> list[Callable[[], dict[str, Any]]]:
        """What others have to do when this usage changes so."""
        return [work for each in self.consumers if (work := each.plan(self.pk, before, after, by))]

    @again
    @transaction.atomic
    def amend(self, members: dict[str, Any], by: str, reason: str = "") -> None:
        """Replace what this (locked) usage says; a new status moves it, the life cycle permitting."""
        stored, before = self.shown, self.status
        if members == stored:
            return
        after = members.get("status", before)
        lifecycle.check_move(before, after)
        if before == lifecycle.BILLED and _but_description(members) != _but_description(stored):
            raise conflict("The usage is billed.", "Only its description may change.", "invalidTransition")
        self.status, self.members = after, members
        self.check_rating(members)
        governed = self._governed_anew(stored, members, before)
        stand = self.stand() if governed else None
        unique = self.check_specification(members, stand, by) if governed else []
        if work := self._work(stored, {**members, "status": after}, by):
            self.members = _done(work, members)
        self.touch()
        # What is billed keeps its columns, also where they would be derived otherwise today.
        self.save(update_fields=["document", "revision", "last_update"] if before == lifecycle.BILLED else None)
        if governed:
            self._make_sure(stand)
        if governed or after in lifecycle.SET_ASIDE:
            claiming.claim_anew(self, [] if after in lifecycle.SET_ASIDE else unique)
        if after != before:
            self.changes.create(from_status=before, to_status=after, by=by, reason=reason)
        events.tell_change(self, stored)

    def move_to(self, status: str, by: str, reason: str = "") -> None:
        """Advance to another status, and note who did it and why."""
        self.amend({**self.shown, "status": status}, by, reason)

    @again
    @transaction.atomic
    def remove(self, by: str) -> None:
        """Delete the usage unless it is billed."""
        lifecycle.check_removal(self.status)
        _done(self._work(self.shown, None, by), {})
        events.delete(self)

    def _governed_anew(self, stored: dict, members: dict, before: str) -> bool:
        """Whether the specification has to be asked: its part changed, or a rejected usage comes back."""
        if self.status == lifecycle.REJECTED:
            return False
        changed = any(stored.get(name) != members.get(name) for name in GOVERNED)
        return changed or (before == lifecycle.RECYCLED and self.status == lifecycle.GUIDED)

    def check_rating(self, members: dict[str, Any]) -> None:
        """Refuse a rated, rerated or billed usage without its rating."""
        if self.status in lifecycle.PRICED and not members.get("ratedProductUsage"):
            message = f"is required once a usage is {self.status}"
            raise broken([Violation("$.ratedProductUsage", "missingProperty", message)])

    def stand(self, remembered: bool = False) -> Stand | None:
        """The rules of its specification as they stand now, or stood lately; None when it is not kept here."""
        if not self.specification_id:
            return None
        known = lately(self.specification_id) if remembered else None
        return known or UsageSpecification.objects.rules(self.specification_id)

    def check_specification(self, members: dict[str, Any], stand: Stand | None, by: str) -> list[tuple[str, str]]:
        """Refuse members that break their specification; the values that must be unique within it.

        Of a specification that is not shown to who acts for one party alone, the refusal says no more than of none.
        """
        hidden = stand is not None and not stand.shown_to(party_of(by))
        if hidden or (stand is None and settings.STRICT_REFERENCES and self.specification_id):
            message = f'there is no usage specification "{self.specification_id}"'
            raise broken([Violation("$.usageSpecification.id", "referenceNotFound", message)])
        if stand is None:
            return []
        now = timezone.now()
        if violations := stand.rules.check(members, now=now):
            raise broken(violations)
        return stand.rules.unique_values(members, now=now)

    def _make_sure(self, stand: Stand | None) -> None:
        """Refuse when the specification has changed since its rules were asked.

        This row is written by now, so who makes values unique or deletes the specification waits for us to end.
        """
        fresh = self.stand()
        if (fresh and fresh.revision) != (stand and stand.revision):
            raise conflict("The specification has just changed.", "Try again.")


class UniqueValue(models.Model):
    """A value of a characteristic that its specification wants unique among all its usages."""

    usage = models.ForeignKey(Usage, models.CASCADE, related_name="unique_values")
    specification_id = models.CharField(max_length=255, db_collation="C")
    name = models.CharField(max_length=255, db_collation="C")
    digest = models.CharField(max_length=64, db_collation="C")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["specification_id", "name", "digest"], name="usage_unique_value")
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.usage_id}"


class StatusChange(models.Model):
    """Who moved a usage, when, from where to where, and why."""

    usage = models.ForeignKey(Usage, models.CASCADE, related_name="changes", verbose_name=_("usage"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    from_status = models.CharField(_("from"), max_length=16, choices=Usage.Status)
    to_status = models.CharField(_("to"), max_length=16, choices=Usage.Status)
    by = models.CharField(_("by"), max_length=255)
    reason = models.TextField(_("reason"), blank=True)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"


def digits(number: str) -> str:
    """The phone number without plus, blanks and dashes, as it is kept in `numbers`."""
    return _NOT_DIGITS.sub("", number)


def phone_numbers(members: dict[str, Any]) -> list[str]:
    """The phone numbers among the characteristics that settings name as such."""
    names = settings.USAGE_NUMBER_CHARACTERISTICS
    values = [str(each["value"]) for each in members.get("usageCharacteristic", ()) if each["name"] in names]
    return distinct(number for number in map(digits, values) if 5 <= len(number) <= 15)


def _done(work: list[Callable[[], dict[str, Any]]], members: dict[str, Any]) -> dict[str, Any]:
    """The members after everybody has done their work."""
    for each in work:
        members = each()
    return members


def _but_description(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != "description"}
