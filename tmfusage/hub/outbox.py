"""The outbox: what happened, who is to be told, and every attempt to tell."""

from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any, Self

import uuid_utils
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, F, Func, Min, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf import exact

# Snapshots that one process holds in memory at a time while it finds listeners.
MOST_BYTES = 16 * 1_048_576


class DatabaseClock(Now):
    """The database's clock at this moment, not at the start of the transaction."""

    template = "CLOCK_TIMESTAMP()"

    def as_postgresql(self, compiler, connection, **context):
        """Without the STATEMENT_TIMESTAMP() that Now would say."""
        return self.as_sql(compiler, connection, **context)


def new_event_id() -> str:
    """A UUIDv7: the event's `eventId` and the delivery's `webhook-id`."""
    return str(uuid_utils.uuid7())


class EventQuerySet(models.QuerySet):
    """Finds events by what became of them."""

    def waiting(self) -> Self:
        """Events for which nobody has yet looked for listeners."""
        return self.filter(fanned_out_at__isnull=True)

    def bounded(self, limit: int) -> tuple[list["Event"], bool]:
        """The first of these, as many as limit and as much text as is read at once, and whether there are more."""
        sizes = self.annotate(size=Func(F("snapshot"), function="octet_length", output_field=models.BigIntegerField()))
        found = list(sizes.values_list("seq", "size")[: limit + 1])
        totals = accumulate(size for _seq, size in found[:limit])
        few = [seq for (seq, _size), total in zip(found, totals, strict=False) if total <= MOST_BYTES]
        taken = few or [seq for seq, _size in found[:1]]
        events = Event.objects.in_bulk(taken)
        return [events[seq] for seq in taken], len(found) > len(taken)

    def lag(self) -> float:
        """Seconds since the oldest event that still waits for its listeners to be found; 0 without one."""
        oldest = self.waiting().aggregate(oldest=Min("occurred_at"))["oldest"]
        return max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0


class Event(models.Model):
    """Something that happened to a resource, written in the transaction in which it happened; never changed."""

    seq = models.BigAutoField(primary_key=True)
    event_id = models.CharField(_("event id"), max_length=36, unique=True, default=new_event_id, db_collation="C")
    api = models.CharField(_("API"), max_length=64, db_collation="C")
    event_type = models.CharField(_("type of event"), max_length=100, db_collation="C")
    resource_type = models.CharField(_("resource"), max_length=100, db_collation="C")
    resource_id = models.CharField(_("resource id"), max_length=255, db_collation="C")
    revision = models.PositiveBigIntegerField(_("revision"))
    party_ids = ArrayField(models.TextField(), verbose_name=_("related parties"), default=list)
    snapshot = models.TextField(_("resource as it was then"))
    field_path = models.TextField(_("what changed"), blank=True)
    correlation_id = models.CharField(_("correlation id"), max_length=64, blank=True)
    # The bytes that are signed and sent, for every listener whose delivery does not have its own.
    payload = models.TextField(_("body that is sent"), null=True)  # noqa: DJ001  # not yet is not empty
    occurred_at = models.DateTimeField(_("occurred"), db_default=DatabaseClock())
    fanned_out_at = models.DateTimeField(_("listeners found"), null=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-seq"]
        indexes = [
            models.Index(fields=["seq"], name="hub_event_waiting", condition=Q(fanned_out_at__isnull=True)),
            models.Index(fields=["fanned_out_at"], name="hub_event_fanned_out"),
            models.Index(fields=["resource_id", "seq"], name="hub_event_resource"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"

    @property
    def resource(self) -> dict[str, Any]:
        """The resource as it was then, parsed anew."""
        return exact.loads(self.snapshot.encode())

    @property
    def resource_key(self) -> str:
        """What is delivered in order: one resource."""
        return f"{self.resource_type}/{self.resource_id}"


class DeliveryQuerySet(models.QuerySet):
    """Finds deliveries by how far they are."""

    def pending(self) -> Self:
        """Deliveries that are still to be made."""
        return self.filter(state=Delivery.State.PENDING)

    def dead(self) -> Self:
        """Deliveries that were given up."""
        return self.filter(state=Delivery.State.DEAD)

    def due(self) -> Self:
        """Pending deliveries whose next attempt may be made now."""
        return self.pending().filter(next_attempt_at__lte=DatabaseClock())

    def counts(self) -> dict[str, dict[int, int]]:
        """How many deliveries are pending and dead, per hub."""
        wanted = self.filter(state__in=[Delivery.State.PENDING, Delivery.State.DEAD]).order_by()
        found: dict[str, dict[int, int]] = {}
        for hub_id, state, count in wanted.values_list("hub_id", "state").annotate(n=Count("id")):
            found.setdefault(hub_id, {})[state] = count
        return found

    def lag(self) -> float:
        """Seconds since the oldest pending event happened; 0 when nothing is pending."""
        oldest = self.pending().aggregate(oldest=Min("event__occurred_at"))["oldest"]
        return max(0.0, (timezone.now() - oldest).total_seconds()) if oldest else 0.0

    def next_attempt(self) -> datetime | None:
        """When the next attempt may be made."""
        return self.pending().aggregate(next=Min("next_attempt_at"))["next"]


class Delivery(models.Model):
    """One event for one listener: pending, then delivered, dead or cancelled."""

    class State(models.IntegerChoices):
        """How far a delivery is."""

        PENDING = 0, _("Pending")
        DELIVERED = 1, _("Delivered")
        DEAD = 2, _("Given up")
        CANCELLED = 3, _("Cancelled")

    class Trigger(models.TextChoices):
        """Why it was made."""

        AUTO = "auto", _("Automatic")
        MANUAL = "manual", _("By hand")

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(
        Event, models.CASCADE, db_column="event_seq", related_name="deliveries", db_index=False, verbose_name=_("event")
    )
    hub = models.ForeignKey(
        "hub.Hub", models.CASCADE, related_name="deliveries", db_index=False, verbose_name=_("listener")
    )
    resource_key = models.CharField(_("resource"), max_length=360, db_collation="C")
    state = models.SmallIntegerField(_("state"), choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    # Raised before each attempt: the difference tells how often a worker died over it.
    claims = models.PositiveSmallIntegerField(_("claims"), default=0)
    # Behind one of the same resource that was given up.
    waited = models.BooleanField(default=False, db_default=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), db_default=DatabaseClock())
    last_status = models.PositiveSmallIntegerField(_("last status"), null=True)
    last_error = models.CharField(_("last error"), max_length=60, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    trigger = models.CharField(_("made"), max_length=8, choices=Trigger, default=Trigger.AUTO)
    payload = models.TextField(_("body that is sent"), null=True)  # noqa: DJ001  # null: the event's

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["event", "hub"], name="hub_delivery_once")]
        indexes = [
            models.Index(fields=["hub", "event"], name="hub_delivery_order", condition=Q(state=0)),
            models.Index(fields=["hub", "next_attempt_at"], name="hub_delivery_due", condition=Q(state=0)),
            models.Index(fields=["hub", "resource_key", "event"], name="hub_delivery_chain", condition=Q(state=0)),
            models.Index(fields=["hub", "-id"], name="hub_delivery_dead", condition=Q(state=2)),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.hub_id}"

    @property
    def body(self) -> str:
        """The exact text that is sent, on every attempt."""
        return self.payload if self.payload is not None else self.event.payload or ""


class AttemptQuerySet(models.QuerySet):
    """Counts attempts."""

    def success_rate(self, within: timedelta = timedelta(hours=1)) -> float | None:
        """The share of attempts since then that were delivered; None without any."""
        recent = self.filter(started_at__gte=timezone.now() - within)
        counted = recent.aggregate(all=Count("id"), good=Count("id", filter=Q(status__range=(200, 299))))
        return counted["good"] / counted["all"] if counted["all"] else None

    def of_hub(self, hub_id: str) -> Self:
        """Attempts to reach the listener."""
        return self.filter(delivery__hub_id=hub_id)


class Attempt(models.Model):
    """One attempt to deliver: when, how long, and what came of it."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="log", verbose_name=_("delivery"))
    n = models.PositiveSmallIntegerField(_("attempt"))
    started_at = models.DateTimeField(_("started"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    status = models.PositiveSmallIntegerField(_("status"), null=True)
    error = models.CharField(_("error"), max_length=60, blank=True)
    answer = models.BinaryField(_("answer"), default=b"")
    peer = models.CharField(_("address"), max_length=64, blank=True)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["-id"]
        indexes = [models.Index(fields=["started_at"], name="hub_attempt_started")]

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.n}: {self.status or self.error}"
