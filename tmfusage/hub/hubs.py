"""Hub: a registered listener (TMF EventSubscription), its state and its verbs."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tmfusage.hub import nudging, publishing, replaying, rights, vault
from tmfusage.hub.callbacks import check_callback, check_headers
from tmfusage.hub.outbox import Attempt, DatabaseClock, Delivery, Event
from tmfusage.hub.wanting import Wanting, understand
from tmfusage.tmf import exact
from tmfusage.tmf.refusals import TmfError, conflict
from tmfusage.tmf.resources import new_id

REGISTRATION_LOCK = 635_678
TEST_EVENT = "HubTestEvent"


class HubQuerySet(models.QuerySet):
    """Finds listeners."""

    def standing(self) -> Self:
        """Listeners that are registered: all but the removed."""
        return self.exclude(state=Hub.State.GONE)

    def active(self) -> Self:
        """Listeners to which events are delivered."""
        return self.filter(state=Hub.State.ACTIVE)

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
    client_id = models.CharField(_("API client"), max_length=200, blank=True, db_collation="C")
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
    def secrets(self) -> tuple[str, ...]:
        """The secrets that sign now: the current one, then the previous one while it overlaps."""
        until = self.previous_secret_until
        previous = [self.previous_secret] if until and until > timezone.now() else []
        return tuple(vault.unseal(each) for each in [self.secret, *previous])

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
        """A new listener and its secret, which is not shown again; 400, 409 or 429 (quota).

        Events that commit after this has returned (or, inside a transaction, after its commit) reach it.
        """
        secret = vault.new_secret()
        hub = cls(
            api=api, callback=check_callback(callback), query=query, secret=vault.seal(secret), created_by=by, **more
        )
        hub.headers = vault.seal(json.dumps(check_headers(headers))) if headers else ""
        hub.host = urlsplit(callback).netloc.rpartition("@")[2].lower()[:255]
        hub.event_types = rights.event_types(api, hub.wanting.event_types, hub.scopes)
        hub.fingerprint = hub.identity()
        try:
            with transaction.atomic():
                hub._check_quotas()
                hub.save(force_insert=True)
                transaction.on_commit(publishing.await_writers)
        except IntegrityError as exc:
            raise conflict("This listener is registered already.", "Callback and query are the same.") from exc
        hub.refresh_from_db()
        return hub, secret

    def identity(self) -> str:
        """What makes a second registration the same."""
        text = "\n".join((self.api, self.version, self.client_id, self.callback, self.query))
        return hashlib.sha256(text.encode()).hexdigest()

    def _check_quotas(self) -> None:
        """Refuse one listener too many; registrations wait for each other, so that two cannot share the last place."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REGISTRATION_LOCK])
        for name, limit in (("client_id", settings.HUB_MAX_PER_CLIENT), ("host", settings.HUB_MAX_PER_HOST)):
            of = getattr(self, name)
            if of and Hub.objects.standing().filter(**{name: of}).count() >= limit:
                what = "client" if name == "client_id" else "host"
                raise TmfError(429, "tooManyListeners", "There are too many listeners.", f"{limit} for each {what}.")

    def pause(self, reason: str = "") -> None:
        """Deliver nothing until `resume`."""
        self._stop(self.State.PAUSED, reason, [self.State.ACTIVE])

    def disable(self, reason: str) -> None:
        """Deliver nothing until somebody reopens the listener."""
        self._stop(self.State.DISABLED, reason, [self.State.ACTIVE, self.State.PAUSED])

    def remove(self, reason: str = "removed") -> None:
        """Forget the listener: what it still was to get is cancelled."""
        self._stop(self.State.GONE, reason, [self.State.ACTIVE, self.State.PAUSED, self.State.DISABLED])

    @transaction.atomic
    def _stop(self, state: str, reason: str, allowed: list) -> None:
        if state == self.State.GONE:
            # A fan-out under way would add deliveries after the others were cancelled.
            replaying.lock_fan_out()
        self._lock()
        if self.state not in allowed:
            raise conflict(f"The listener is {self.state}.")
        self.state, self.stopped_reason, self.stopped_at = state, reason[:255], self.stopped_at or _database_time()
        # Without its lease a worker that is at it finishes nothing.
        self.lease_token = self.lease_until = None
        self.save()
        if state == self.State.GONE:
            Delivery.objects.pending().filter(hub=self).update(state=Delivery.State.CANCELLED)

    def resume(self, since: datetime | None = None) -> int:
        """Deliver again, also what happened since then (default: since it was stopped); how many events that adds."""
        return self.reopen(since)

    @transaction.atomic
    def reopen(self, since: datetime | None = None) -> int:
        """Deliver again after a pause or a disabling; events since then are delivered late."""
        replaying.lock_fan_out()
        self._lock()
        if self.state not in {self.State.PAUSED, self.State.DISABLED}:
            raise conflict(f"The listener is {self.state}.")
        stopped = self.stopped_at or self.created_at
        self.state, self.stopped_reason, self.stopped_at = self.State.ACTIVE, "", None
        self.failures, self.open_seconds, self.open_until, self.first_failure_at = 0, 0, None, None
        self.save()
        added = replaying.catch_up(self, since or stopped)
        transaction.on_commit(nudging.nudge)
        return added

    @transaction.atomic
    def rotate_secret(self, overlap: timedelta | None = None) -> str:
        """A new secret; the old one signs as well for the overlap."""
        self._lock()
        overlap = timedelta(hours=settings.HUB_SECRET_OVERLAP_HOURS) if overlap is None else overlap
        secret = vault.new_secret()
        self.previous_secret, self.secret = self.secret, vault.seal(secret)
        self.previous_secret_until = _database_time() + overlap
        self.save(update_fields=["previous_secret", "secret", "previous_secret_until"])
        return secret

    @transaction.atomic
    def replay(self, since: datetime) -> int:
        """Deliver again everything that happened since then; how many events."""
        replaying.lock_fan_out()
        return replaying.again_since(self, since)

    def replay_dead(self) -> int:
        """Deliver again everything that was given up; how many events."""
        return replaying.again(Delivery.objects.dead().filter(hub=self))

    @transaction.atomic
    def send_test_event(self, by: str) -> Delivery:
        """Deliver an event that no other listener gets, to try the way."""
        snapshot = exact.dumps({"id": self.id, "@type": "Hub", "callback": self.callback, "requestedBy": by}).decode()
        event = Event.objects.create(
            api="hub", event_type=TEST_EVENT, resource_type="hub", resource_id=self.id, revision=1,
            snapshot=snapshot, fanned_out_at=DatabaseClock(),
        )  # fmt: skip
        event.refresh_from_db()
        delivery = replaying.deliver(event, self, trigger=Delivery.Trigger.MANUAL)
        transaction.on_commit(nudging.nudge)
        return delivery

    def _lock(self) -> None:
        self.refresh_from_db(from_queryset=Hub.objects.select_for_update(no_key=True))


def _database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]
