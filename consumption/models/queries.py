"""What was asked about consumption and what the answer was: stored for a while, then forgotten."""

from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from consumption import events
from consumption.models.fields import ids
from tmfusage.tmf.resources import ExactJSONField, Resource, new_id


class QueryUsageConsumption(Resource):
    """A task: criteria, and when it is done the consumption that they led to (TMF677). Its document is in v4's words.

    `party_ids` are not the parties that it names but those that may see it: who asked under the restriction to one
    party, or whose buckets alone the answer can hold.
    """

    spliced = {"state": "state"}

    class State(models.TextChoices):
        """The states of a task in v5's words."""

        ACKNOWLEDGED = "acknowledged", _("Acknowledged")
        IN_PROGRESS = "inProgress", _("In progress")
        DONE = "done", _("Done")
        FAILED = "terminatedWithError", _("Terminated with error")

    state = models.CharField(_("state"), max_length=20, choices=State, default=State.DONE, db_collation="C")
    # How many workers have begun with it: one that kills its worker is given up.
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    # The only party whose buckets the asker may see.
    restriction = ids(_("party of the asker"))

    class Meta:
        verbose_name = _("consumption query")
        verbose_name_plural = _("consumption queries")
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["party_ids"], name="consumption_query_parties"),
            models.Index(fields=["created_at"], name="consumption_query_created"),
            # The few that still have to be computed.
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["acknowledged", "inProgress"]),
                name="consumption_query_open",
            ),
        ]

    def __str__(self) -> str:
        return self.id

    def promote(self, members: dict[str, Any]) -> None:
        """Nothing: who may see it does not follow from the document."""

    def remove(self, by: str) -> None:
        """Forget the query and its answer."""
        events.delete(events.QUERY_DELETED, self)


class UsageConsumptionReport(Resource):
    """A snapshot of consumption that somebody wanted kept (TMF677 v5). Its document is in v4's words."""

    class Meta:
        verbose_name = _("consumption report")
        verbose_name_plural = _("consumption reports")
        ordering = ["-id"]
        indexes = [
            GinIndex(fields=["party_ids"], name="consumption_report_parties"),
            models.Index(fields=["created_at"], name="consumption_report_created"),
        ]

    def __str__(self) -> str:
        return self.id

    def promote(self, members: dict[str, Any]) -> None:
        """Nothing: who may see it does not follow from the document."""

    def remove(self, by: str) -> None:
        """Forget the snapshot."""
        events.delete(events.REPORT_DELETED, self)


class ReportHeading(models.Model):
    """What reports say of a line, account, party, product or service beside its buckets, such as its language."""

    class Kind(models.TextChoices):
        """Of what it tells; the words of `Owner`."""

        PARTY = "party", _("Party")
        ACCOUNT = "account", _("Account")
        PRODUCT = "product", _("Product")
        RESOURCE = "resource", _("Logical resource")
        SERVICE = "service", _("Service")

    id = ids(_("id"), primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("of a"), max_length=8, choices=Kind, default=Kind.RESOURCE, db_collation="C")
    key = ids(_("id or phone number"), blank=False, help_text=_("As the buckets name it."))
    name = models.CharField(_("name"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_to = models.DateTimeField(_("valid until"), null=True, blank=True)
    characteristic = ExactJSONField(
        _("characteristics"), default=list, blank=True, help_text=_('Such as [{"name": "STATUS", "value": "ACTIVE"}].')
    )
    changed_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    class Meta:
        verbose_name = _("report heading")
        verbose_name_plural = _("report headings")
        ordering = ["kind", "key"]
        constraints = [models.UniqueConstraint(fields=["key", "kind"], name="consumption_heading_key")]

    def __str__(self) -> str:
        return self.name or f"{self.kind} {self.key}"
