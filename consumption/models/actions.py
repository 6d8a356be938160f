"""Actions on balances (TMF654): what was asked, and what the ledger made of it."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf.resources import Resource


class BalanceAction(Resource):
    """A top-up, adjustment, reservation or transfer; `party_ids` are those of its buckets."""

    spliced = {"status": "status"}

    class Action(models.TextChoices):
        """TMF654's resources."""

        TOPUP = "topupBalance", _("Top-up")
        ADJUST = "adjustBalance", _("Adjustment")
        RESERVE = "reserveBalance", _("Reservation")
        TRANSFER = "transferBalance", _("Transfer")

    class Status(models.TextChoices):
        """TMF654's words."""

        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    action = models.CharField(_("action"), max_length=15, choices=Action, db_collation="C")
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.COMPLETED, db_collation="C")
    bucket_ids = ArrayField(models.TextField(), verbose_name=_("buckets"), default=list)
    # Under which reference the ledger holds a reservation.
    reference = models.CharField(_("reference"), max_length=255, db_collation="C", blank=True, default="")
    # When the sweep gives a reservation back.
    release_at = models.DateTimeField(null=True, editable=False)
    # The sender's key: the same one again is the same action.
    key = models.CharField(_("key"), max_length=255, db_collation="C", blank=True, default="")

    class Meta:
        verbose_name = _("balance action")
        verbose_name_plural = _("balance actions")
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["bucket_ids", "party_ids"], name="consumption_action_keys"),
            models.Index(fields=["action", "-id"], name="consumption_action_kind"),
            models.Index(
                fields=["release_at"], condition=models.Q(status="completed", release_at__isnull=False),
                name="consumption_action_release",
            ),
        ]  # fmt: skip
        constraints = [
            models.UniqueConstraint(
                fields=["action", "created_by", "key"], condition=~models.Q(key=""), name="consumption_action_key"
            )
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"

    def promote(self, members: dict[str, Any]) -> None:
        """Nothing: the parties are those of the buckets."""
