"""Mailbox: the deliveries of one leased listener while a worker drains it."""

import asyncio
import logging
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings

from tmfusage.hub import leasing, recording, schedule
from tmfusage.hub.delivery import Courier, Message, Outcome, Target
from tmfusage.hub.hubs import Hub
from tmfusage.hub.leasing import Health, Lease
from tmfusage.hub.metrics import ATTEMPT_SECONDS, ATTEMPTS
from tmfusage.hub.outbox import Delivery
from tmfusage.hub.recording import Due, Result
from tmfusage.hub.vault import Sealed
from tmfusage.tmf.refusals import TmfError

GONE, GONE_REASON = 410, "410"
PER_SENDER = 4
# So old are events of a listener that has more of them than are sent at once: one worker alone will be long at it.
BEHIND_SECONDS = 5.0
_log = logging.getLogger(__name__)


class Recorded(NamedTuple):
    """What a mailbox wrote down at a time: how many attempts (0: its lease is lost), and what they were."""

    attempts: int
    outcomes: list[Outcome]
    ended: list[str]
    unsent: int


class Mailbox:
    """Sends the listener's events, those of one resource one after the other."""

    def __init__(self, hub: Hub, lease: Lease, courier: Courier):
        self.hub, self.lease, self.courier = hub, lease, courier
        self.sealed = sealed_of(hub)
        self.target, self.rate = target_of(hub), rate_of(hub)
        self.health = Health(hub.failures, hub.open_seconds)
        self.gate = asyncio.Semaphore(settings.HUB_CONCURRENCY)
        self.next_start = self.renewed = time.monotonic()
        self.told = 0.0
        self.news = asyncio.Event()
        self.chains: dict[str, asyncio.Task[None]] = {}
        self.outcomes: list[tuple[Due, Outcome]] = []
        self.ended: list[str] = []
        self.unsent: list[int] = []
        self.in_hand = 0
        self.closing = self.worked = self.exhausted = self.satisfied = self.behind = False

    @property
    def idle(self) -> bool:
        """Whether nothing is under way and nothing more can be started."""
        return not self.chains and (self.closing or self.exhausted)

    @property
    def probing(self) -> bool:
        """Whether the listener was spared, so that one delivery has to succeed before others are tried."""
        return self.health.open_seconds > 0

    def pick(self) -> list[Due]:
        """Claim what is due, as far as there is room for it."""
        if self.closing or self.in_hand > settings.HUB_CONCURRENCY or (self.probing and self.in_hand):
            return []
        if self.satisfied and self.chains:
            # Looking again costs time in which what was sent is not yet recorded.
            return []
        room = 1 if self.probing else settings.HUB_CONCURRENCY * PER_SENDER
        found = recording.pick(self.lease, room, self.chains)
        if not found and not self.chains:
            # Over these a worker may have died: each is tried alone.
            found = recording.pick(self.lease, 1, suspects=True)
        self.exhausted, self.satisfied = not found, len(found) < room
        self.behind = room > 1 and not self.satisfied and found[-1].age > BEHIND_SECONDS
        self.worked = self.worked or bool(found)
        self.in_hand += len(found)
        return found

    async def start(self, found: list[Due]) -> None:
        """Send these, each resource's in order."""
        by_resource: dict[str, list[Due]] = defaultdict(list)
        for due in found:
            by_resource[due.resource_key].append(due)
        for key, dues in by_resource.items():
            self.chains[key] = asyncio.create_task(self._send_in_order(key, dues))

    async def _send_in_order(self, key: str, dues: list[Due]) -> None:
        """Send until one fails: what follows it has to wait for it."""
        sent, delivered = 0, True
        try:
            while delivered and sent < len(dues):
                await self.gate.acquire()
                if self.closing:
                    self.gate.release()
                    break
                await self._pace()
                # The gate stays shut until this is recorded: what is sent again after a crash is never more.
                outcome = await self._attempt(dues[sent])
                self.outcomes.append((dues[sent], outcome))
                sent, delivered = sent + 1, outcome.delivered
                self.news.set()
        finally:
            self.unsent += [due.id for due in dues[sent:]]
            self.ended.append(key)
            self.news.set()

    async def _pace(self) -> None:
        """No more a second than the listener is to get."""
        now = time.monotonic()
        start, self.next_start = max(now, self.next_start), max(now, self.next_start) + (1 / (self.rate or 1e9))
        if start > now:
            await asyncio.sleep(start - now)

    async def _attempt(self, due: Due) -> Outcome:
        message = Message(due.event_id, due.event_type, due.body.encode(), due.correlation_id)
        try:
            return await self.courier.send(self.target, message)
        except Exception:  # a fault of ours must not end the others' deliveries
            _log.exception("Delivery %s could not be attempted.", due.id)
            return Outcome(None, "internal", datetime.now(UTC), 0, b"", "", None, "")

    def record(self) -> Recorded:
        """Write down what has ended since, in the transaction of the caller; `conclude` once that has committed."""
        self.news.clear()
        outcomes, self.outcomes = self.outcomes, []
        ended, self.ended = self.ended, []
        unsent, self.unsent = self.unsent, []
        count = 0
        if outcomes:
            count = recording.finish(self.lease, [result_of(due, outcome) for due, outcome in outcomes])
        recording.give_back(self.lease, unsent)
        return Recorded(count, [outcome for _, outcome in outcomes], ended, len(unsent))

    def conclude(self, recorded: Recorded) -> int:
        """Make room for more, and judge the listener by what was recorded; how many attempts were."""
        for _ in recorded.outcomes:
            self.gate.release()
        if recorded.outcomes:
            self._judge(recorded.outcomes)
        for key in recorded.ended:
            del self.chains[key]
        self.in_hand -= len(recorded.outcomes) + recorded.unsent
        if recorded.outcomes and not recorded.attempts:
            self._lose()
        return recorded.attempts

    def _judge(self, outcomes: list[Outcome]) -> None:
        """Draw conclusions about the listener."""
        before, health = self.health, Health(self.health.failures, self.health.open_seconds)
        for outcome in outcomes:
            ATTEMPT_SECONDS.observe(outcome.milliseconds / 1000)
            ATTEMPTS.labels("delivered" if outcome.delivered else outcome.error or "http").inc()
            if outcome.delivered:
                health.failures, health.open_seconds, health.reopened, health.succeeded = 0, 0, False, True
            else:
                health.failures += 1
        if not health.succeeded and schedule.opens_breaker(health.failures) and not self.closing:
            health.open_seconds, health.reopened = schedule.breaker_seconds(before.open_seconds), True
            self.stop()
        instruction = next((each for each in map(instruction_of, outcomes) if each), "")
        self.health = Health(health.failures, health.open_seconds)
        if instruction:
            self._obey(instruction)
        elif health.failures or before.failures or before.open_seconds or time.monotonic() > self.told + 1:
            self._report(health)

    def _report(self, health: Health) -> None:
        self.told = time.monotonic()
        failing = leasing.report(self.lease, health)
        if failing is None:
            self._lose()
        elif schedule.gives_up(health.failures, failing):
            self._obey(f"no success for {failing / 3600:.0f} hours")

    def _obey(self, reason: str) -> None:
        """Stop delivering for good."""
        self.stop()
        _log.warning("Listener %s is stopped: %s.", self.hub.pk, reason)
        with_reason = self.hub.remove if reason == GONE_REASON else self.hub.disable
        try:
            with_reason(reason)
        except TmfError:
            _log.info("Listener %s was stopped by somebody else.", self.hub.pk)

    def heed(self, hub: Hub | None) -> None:
        """What is started from now on goes by the listener as it is now; nothing is, when it was stopped."""
        if hub is None:
            self.stop()
        elif (sealed := sealed_of(hub)) != self.sealed:
            try:
                self.target, self.rate, self.sealed = target_of(hub), rate_of(hub), sealed
            except Sealed:
                _log.exception("Listener %s cannot be drained.", hub.pk)
                self.stop()

    def keep(self) -> None:
        """Renew the lease in time."""
        if time.monotonic() - self.renewed > settings.HUB_LEASE_SECONDS / 4:
            self.renewed = time.monotonic()
            if not leasing.renew(self.lease):
                self._lose()

    def stop(self) -> None:
        """Start nothing more."""
        self.closing = True

    def _lose(self) -> None:
        if not self.closing:
            _log.warning("The lease of listener %s is lost.", self.hub.pk)
        self.stop()

    def abandon(self) -> None:
        """End what is under way: it was not recorded, so it will be sent again."""
        for task in self.chains.values():
            task.cancel()


def sealed_of(hub: Hub) -> tuple[object, ...]:
    """What a target is made of: the same as long as nothing about it has changed."""
    return (hub.callback, hub.append_listener_path, hub.headers, hub.rate, *hub.sealed_secrets)


def target_of(hub: Hub) -> Target:
    """Where events of the listener go, and what signs them now."""
    return Target(hub.callback, hub.secrets, hub.own_headers, hub.append_listener_path)


def rate_of(hub: Hub) -> int:
    """Deliveries a second, at most; 0: as many as it takes."""
    return settings.HUB_RATE if hub.rate is None else hub.rate


def instruction_of(outcome: Outcome) -> str:
    """Why the listener wants no more events; empty when it does."""
    if outcome.status == GONE:
        return GONE_REASON
    return "the listener asked for it" if outcome.instruction == "disable" else ""


def result_of(due: Due, outcome: Outcome) -> Result:
    """What is recorded of an attempt."""
    delay: float | None = None
    state, exhausted = Delivery.State.DELIVERED, False
    if not outcome.delivered:
        delay = schedule.retry_delay(due.attempts + 1, outcome.status, outcome.error, outcome.retry_after)
        # Behind one that was given up it waited for its turn in vain: that was its time.
        exhausted = delay is None or (due.waited and due.age >= schedule.whole_seconds())
        given_up = exhausted or outcome.instruction == "abort-message"
        state = Delivery.State.DEAD if given_up else Delivery.State.PENDING
    error = "" if outcome.delivered else (outcome.error or "http")[:60]
    return Result(
        due.id, state, delay, outcome.status, error, outcome.started_at, outcome.milliseconds, outcome.answer,
        outcome.peer[:64], exhausted,
    )  # fmt: skip
