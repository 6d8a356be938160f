"""Hub: a registered listener (TMF EventSubscription), its state and its verbs."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tmfusage.hub import catching_up, nudging, registering, replaying, rights, rotating, vault
from tmfusage.hub.clock import database_time
from tmfusage.hub.outbox import Attempt, DatabaseClock, Delivery
from tmfusage.hub.wanting import Wanting, understand
from tmfusage.tmf.refusals import conflict
from tmfusage.tmf.resources import new_id

MOST_CANCELLED = 5_000
# An event that is still to be delivered was not marked by fan-out earlier than this before the oldest happened.
LATE_COMMIT = timedelta(minutes=1)


class HubQuerySet(models.QuerySet):
    """Finds listeners."""

    def standing(self) -> Self:
        """Listeners that are registered: all but the removed."""
        return self.exclude(state=Hub.State.GONE)

    def active(self) -> Self:
        """Listeners to which events are delivered."""
        return self.filter(state=Hub.State.ACTIVE)

    def enabled(self) -> Self:
        """Listeners that get events now, or once they are resumed after a pause."""
        return self.filter(state__in=[Hub.State.ACTIVE, Hub.State.PAUSED])

    def behind(self) -> Self:
        """Listeners that have to catch up before they get what happens now."""
        return self.filter(Q(catch_up_from__isnull=False) | Q(again_to__isnull=False))

    def of_client(self, client_id: str) -> Self:
        """The listeners that the API client registered."""
        return self.standing().filter(client_id=client_id)


class Hub(models.Model):
    """A listener: where events go, which ones, in which version's words, and how it fares."""

    class State(models.TextChoices):
        """What is done with events for the listener."""

        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DISABLED = "disabled", _("Disabled")
        GONE = "gone", _("Gone")

    class Breaker(models.TextChoices):
        """Whether the listener is spared for a while because it failed many times in a row."""

        CLOSED = "closed", _("Delivering")
        OPEN = "open", _("Waiting before the next try")
        PROBING = "probing", _("Trying once")

    id = models.CharField(_("id"), primary_key=True, max_length=36, default=new_id, db_collation="C", editable=False)
    api = models.CharField(_("API"), max_length=64, db_collation="C")
    version = models.CharField(_("version"), max_length=8, default="v4", db_collation="C")
    client_id = models.CharField(_("API client"), max_length=255, blank=True, db_collation="C")
    # With which its client may read; empty for listeners that the portal registered itself.
    scopes = ArrayField(models.TextField(), verbose_name=_("scopes"), default=list, editable=False)
    party = models.CharField(_("party"), max_length=255, blank=True)
    callback = models.TextField(_("callback"))
    host = models.CharField(_("host"), max_length=255, editable=False)
    query = models.TextField(_("query"), blank=True)
    event_types = ArrayField(models.TextField(), verbose_name=_("types of event"), default=list, editable=False)
    fingerprint = models.CharField(max_length=64, editable=False, db_collation="C")
    secret = models.TextField(_("secret, sealed"), editable=False)
    previous_secret = models.TextField(_("previous secret, sealed"), blank=True, editable=False)
    previous_secret_until = models.DateTimeField(_("previous secret signs until"), null=True, editable=False)
    # Before the previous one: pairs of a secret and the moment until which it signs.
    older_secrets = models.JSONField(_("older secrets, sealed"), default=list, db_default=[], editable=False)
    headers = models.TextField(_("headers, sealed"), blank=True, editable=False)
    append_listener_path = models.BooleanField(_("append /listener/<event>"), default=False)
    rate = models.PositiveIntegerField(_("deliveries a second"), null=True, blank=True)

    state = models.CharField(_("state"), max_length=8, choices=State, default=State.ACTIVE, db_collation="C")
    stopped_reason = models.CharField(_("why it was stopped"), max_length=255, blank=True)
    stopped_at = models.DateTimeField(_("stopped"), null=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    first_failure_at = models.DateTimeField(_("failing since"), null=True, editable=False)
    last_success_at = models.DateTimeField(_("last success"), null=True, editable=False)
    open_until = models.DateTimeField(_("spared until"), null=True, editable=False)
    open_seconds = models.PositiveIntegerField(default=0, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    last_drained_at = models.DateTimeField(_("last drained"), null=True, editable=False)
    # How far catching up is: after this mark of fan-out and this number; until when what was delivered is made again.
    catch_up_from = models.DateTimeField(_("catching up since"), null=True, editable=False)
    catch_up_after = models.BigIntegerField(default=0, editable=False)
    replay_until = models.DateTimeField(null=True, editable=False)
    # Which deliveries that were given up are made again: those after this one, up to that one.
    again_after = models.BigIntegerField(default=0, editable=False)
    again_to = models.BigIntegerField(null=True, editable=False)
    cancelling = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(_("registered"), db_default=DatabaseClock(), editable=False)
    created_by = models.CharField(_("registered by"), max_length=255, editable=False)

    objects = HubQuerySet.as_manager()

    class Meta:
        verbose_name = _("listener")
        verbose_name_plural = _("listeners")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="hub_once", condition=~Q(state="gone")),
            models.CheckConstraint(
                condition=Q(state__in=["active", "paused", "disabled", "gone"]), name="hub_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.callback} ({self.api} {self.version})"

    @property
    def wanting(self) -> Wanting:
        """What it asked for."""
        return understand(self.query)

    @property
    def breaker(self) -> Breaker:
        """Whether it is being spared."""
        if self.open_until is None:
            return self.Breaker.CLOSED
        return self.Breaker.OPEN if self.open_until > timezone.now() else self.Breaker.PROBING

    @property
    def catching_up(self) -> bool:
        """Whether more of what it missed, or is to get again, follows."""
        return self.catch_up_from is not None or self.again_to is not None

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets that sign now: the current one, then the earlier ones while they overlap."""
        return tuple(vault.unseal(each) for each in self.sealed_secrets)

    @property
    def sealed_secrets(self) -> tuple[str, ...]:
        """The same, sealed."""
        return (self.secret, *(sealed for sealed, _until in rotating.earlier(self)))

    @property
    def overlaps(self) -> list[datetime]:
        """Until when each earlier secret signs as well."""
        return [until for _sealed, until in rotating.earlier(self)]

    @property
    def own_headers(self) -> dict[str, str]:
        """The static headers that are sent with each event."""
        return json.loads(vault.unseal(self.headers)) if self.headers else {}

    @property
    def lag(self) -> float:
        """Seconds since the oldest event happened that it is still to get."""
        return Delivery.objects.filter(hub=self).lag()

    @property
    def success_rate(self) -> float | None:
        """The share of the last hour's attempts that were delivered; None without any."""
        return Attempt.objects.of_hub(self.pk).success_rate()

    @classmethod
    def register(
        cls, *, api: str, callback: str, query: str = "", by: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> tuple[Self, str]:
        """A new listener and its secret, which is not shown again; 400, 409, 429 (quota) or 503.

        Events that commit after this has returned (or, inside a transaction, after its commit) reach it.
        """
        secret = vault.new_secret()
        hub = cls(api=api, callback=callback, query=query, secret=vault.seal(secret), created_by=by, **more)
        registering.admit(hub, headers)
        return hub, secret

    def pause(self, reason: str = "") -> None:
        """Deliver nothing until `resume`."""
        self._stop(self.State.PAUSED, reason, [self.State.ACTIVE])

    def disable(self, reason: str) -> None:
        """Deliver nothing until somebody reopens the listener."""
        self._stop(self.State.DISABLED, reason, [self.State.ACTIVE, self.State.PAUSED])

    def remove(self, reason: str = "removed") -> None:
        """Forget the listener: what it still was to get is cancelled."""
        standing = [self.State.ACTIVE, self.State.PAUSED, self.State.DISABLED]
        self._stop(self.State.GONE, reason, standing, cancelling=True)

    @transaction.atomic
    def lapse(self, lost: str) -> None:
        """Deliver nothing more, for its API client lost the right to it; after `reopen` it gets what it still may."""
        oldest = Delivery.objects.pending().filter(hub=self).order_by("event_id").select_related("event").first()
        self._stop(self.State.DISABLED, lost, [self.State.ACTIVE, self.State.PAUSED], cancelling=True)
        if oldest is not None:
            happened = oldest.event.occurred_at - LATE_COMMIT
            self.catch_up_from, self.catch_up_after = min(happened, self.catch_up_from or happened), 0
        rights.adopt(self)
        self.save()

    def cancel(self) -> None:
        """Cancel what it was still to get, as much as is done at once."""
        some = Delivery.objects.pending().filter(hub=self).order_by("event_id").values("pk")[:MOST_CANCELLED]
        count = Delivery.objects.filter(pk__in=some).update(state=Delivery.State.CANCELLED)
        self.cancelling = count == MOST_CANCELLED
        self.save(update_fields=["cancelling"])

    @transaction.atomic
    def _stop(self, state: str, reason: str, allowed: list, cancelling: bool = False) -> None:
        if cancelling:
            # A fan-out under way would add deliveries after the others were cancelled.
            replaying.lock_fan_out()
        self._lock()
        if self.state not in allowed:
            raise conflict(f"The listener is {self.state}.")
        self.state, self.stopped_reason, self.stopped_at = state, reason[:255], self.stopped_at or database_time()
        # Without its lease a worker that is at it finishes nothing.
        self.lease_token = self.lease_until = None
        self.save()
        if cancelling:
            self.cancel()

    def resume(self, since: datetime | None = None) -> int:
        """Deliver again, also what happened since then (default: since it was stopped).

        How many events that adds at once; more follow little by little while the listener is `catching_up`.
        """
        return self.reopen(since)

    @transaction.atomic
    def reopen(self, since: datetime | None = None) -> int:
        """Deliver again after a pause or a disabling; events since then are delivered late."""
        replaying.lock_fan_out()
        self._lock()
        if self.state not in {self.State.PAUSED, self.State.DISABLED}:
            raise conflict(f"The listener is {self.state}.")
        if self.cancelling:
            raise conflict("Its deliveries are still being cancelled; try again in a moment.")
        if lost := rights.adopt(self):
            raise conflict("The listener must not get events.", f"{lost[:1].upper()}{lost[1:]}.")
        missed = self.catch_up_from or self.stopped_at or self.created_at
        self.state, self.stopped_reason, self.stopped_at = self.State.ACTIVE, "", None
        self.failures, self.open_seconds, self.open_until, self.first_failure_at = 0, 0, None, None
        if since or not self.catch_up_from:
            self.catch_up_from, self.catch_up_after, self.replay_until = since or missed, 0, None
        self.save()
        transaction.on_commit(nudging.nudge)
        return catching_up.step(self)

    @transaction.atomic
    def rotate_secret(self, overlap: timedelta | None = None, seen: str | None = None) -> str:
        """A new secret; the earlier ones sign as well until their end; 409 when `seen` is not the newest one's mark."""
        self._lock()
        return rotating.rotate(self, overlap, seen)

    @transaction.atomic
    def replay(self, since: datetime) -> int:
        """Deliver again what was announced since then; how many events at once, and more while it is `catching_up`."""
        self._lock_active()
        if self.catch_up_from is None or since <= self.catch_up_from:
            self.catch_up_from, self.catch_up_after = since, 0
        self.replay_until = database_time()
        return catching_up.step(self)

    @transaction.atomic
    def replay_dead(self) -> int:
        """Deliver again everything that was given up; how many events at once, and more while it is `catching_up`."""
        self._lock_active()
        newest = Delivery.objects.dead().filter(hub=self).order_by("-id").first()
        if newest is None:
            return 0
        self.again_after, self.again_to = 0, newest.pk
        return catching_up.step(self)

    def send_test_event(self, by: str) -> Delivery:
        """Deliver an event that no other listener gets, to try the way."""
        return replaying.try_out(self, by)

    def _lock_active(self) -> None:
        replaying.lock_fan_out()
        self._lock()
        if self.state != self.State.ACTIVE:
            raise conflict(f"The listener is {self.state}.")

    def _lock(self) -> None:
        self.refresh_from_db(from_queryset=Hub.objects.select_for_update(no_key=True))
