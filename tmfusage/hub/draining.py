"""Drain: deliver what is due, many listeners at once in one process, none slowed down by another.

One event loop sends; between its turns this thread picks, records and renews. A listener is drained under a lease
that is renewed as long as this process lives.
"""

import asyncio
import logging
import math
import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.db import Error, transaction

from tmfusage.hub import leasing, recording
from tmfusage.hub.clock import clock
from tmfusage.hub.delivery import Courier
from tmfusage.hub.fanout import BATCH, catch_up, fan_out
from tmfusage.hub.hubs import Hub
from tmfusage.hub.mailbox import Mailbox
from tmfusage.hub.metrics import TAKEOVERS

POLL_SECONDS, GROUP_SECONDS = 0.25, 0.002
# After a lease under which nothing could be picked: what is due waits for something else.
REST_SECONDS = 1.0
# Longer than from one tick to the next, so that another worker comes by.
SHARE_SECONDS = 1.5
# Who waits so long for an answer has time for other listeners.
LEISURE_SECONDS = 0.02
_log = logging.getLogger(__name__)


class Drain:
    """Delivers until nothing is due, or until its time is over."""

    def __init__(self, courier: Callable[[], Courier] = Courier, alone: bool = False):
        # Alone, without the ticks of workers, it also lets listeners catch up.
        self.courier_type, self.alone = courier, alone
        self.boxes: dict[str, Mailbox] = {}
        self.next_poll = 0.0
        self.share, self.next_share, self.waited = 1, 0.0, 0.0
        self.cut_at = math.inf
        self.delivered = 0

    def run(self, seconds: float = 40.0, stopped: Callable[[], bool] = lambda: False) -> int:
        """Deliver for at most so long, and finish what was started; how many attempts were recorded.

        Once stopped, an answer is awaited for HUB_STOP_SECONDS: what has none by then will be sent again.
        """
        if not clock.is_right():
            return 0
        end = time.monotonic() + seconds
        with asyncio.Runner() as runner:
            courier = runner.run(self._open())
            try:
                while self._turn(runner, courier, self._goes_on(end, stopped())):
                    pass
            finally:
                with suppress(Error):
                    self._close_boxes()
                runner.run(courier.__aexit__(None, None, None))
        return self.delivered

    async def _open(self) -> Courier:
        return await self.courier_type().__aenter__()

    def _goes_on(self, end: float, stopped: bool) -> bool:
        """Whether more may be started."""
        now = time.monotonic()
        if stopped:
            self.cut_at = min(self.cut_at, now + settings.HUB_STOP_SECONDS)
        return now < end and not stopped

    def _turn(self, runner: asyncio.Runner, courier: Courier, going: bool) -> bool:
        """One round: find, start, wait a moment, record; whether there is more to do."""
        if going and time.monotonic() >= self.next_poll:
            more = fan_out() >= BATCH or (self.alone and catch_up())
            self._heed()
            while self._take(courier, self._room()):
                self._start(runner)
            self.next_poll = 0.0 if more else time.monotonic() + POLL_SECONDS
        if going:
            self._start(runner)
        for box in list(self.boxes.values()):
            if not going:
                box.stop()
                if time.monotonic() > self.cut_at:
                    box.abandon()
            if box.idle:
                self._release(box)
        if not self.boxes:
            return False
        started = time.monotonic()
        runner.run(self._wait())
        self.waited = time.monotonic() - started
        self._record()
        for box in list(self.boxes.values()):
            box.keep()
        return True

    def _record(self) -> None:
        """Write down what ended at all listeners in one transaction: a commit of its own for each would be slower.

        In the order of their ids, as everybody does who changes deliveries of several listeners.
        """
        boxes = sorted(self.boxes.values(), key=lambda box: box.lease.hub_id)
        with transaction.atomic():
            recorded = [(box, box.record()) for box in boxes]
        self.delivered += sum(box.conclude(what) for box, what in recorded)

    def _start(self, runner: asyncio.Runner) -> None:
        for box in self.boxes.values():
            if found := box.pick():
                runner.run(box.start(found))

    def _room(self) -> int:
        """How many listeners to take now: first one, and all others unless it is far behind and answers fast.

        What waits after an outage is more than one process sends in a short time, so others are left to other
        workers; if none comes, they are taken after all, ever more at a time. A slow listener holds up nobody.
        """
        room = settings.HUB_DRAIN_LISTENERS - len(self.boxes)
        if not self.boxes:
            self.share, self.next_share, self.waited = 1, time.monotonic() + SHARE_SECONDS, 0.0
            return min(1, room)
        if self.waited > LEISURE_SECONDS or not any(box.behind for box in self.boxes.values()):
            return room
        if time.monotonic() < self.next_share:
            return 0
        self.next_share = time.monotonic() + SHARE_SECONDS
        self.share, share = self.share * 2, self.share
        return min(share, room)

    def _take(self, courier: Courier, room: int) -> bool:
        """Take listeners that have something due; whether there were as many as that."""
        leases = leasing.take(room) if room > 0 else []
        hubs = Hub.objects.in_bulk([lease.hub_id for lease in leases])
        for lease in leases:
            TAKEOVERS.inc(lease.taken_over)
            if buried := recording.bury(lease):
                _log.error("Listener %s: %s deliveries given up, workers died over them.", lease.hub_id, buried)
            try:
                self.boxes[lease.hub_id] = Mailbox(hubs[lease.hub_id], lease, courier)
            except Exception:  # such as a secret that cannot be opened: the others are to be drained
                _log.exception("Listener %s cannot be drained.", lease.hub_id)
                leasing.release(lease, settings.HUB_LEASE_SECONDS)
        return 0 < room == len(leases)

    def _heed(self) -> None:
        """Listeners as they are now: secrets, headers and rates change while they are drained."""
        hubs = Hub.objects.active().in_bulk(list(self.boxes)) if self.boxes else {}
        for hub_id, box in self.boxes.items():
            box.satisfied = False
            box.heed(hubs.get(hub_id))

    async def _wait(self) -> None:
        """Until something ended or it is time to look again; then a moment more, to record much at once."""
        loop = asyncio.get_running_loop()
        waiters = [loop.create_task(box.news.wait()) for box in self.boxes.values()]
        await asyncio.wait(waiters, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for waiter in waiters:
            waiter.cancel()
        await asyncio.sleep(GROUP_SECONDS)

    def _release(self, box: Mailbox) -> None:
        del self.boxes[box.lease.hub_id]
        leasing.release(box.lease, 0.0 if box.worked else REST_SECONDS)

    def _close_boxes(self) -> None:
        with suppress(Error):
            self._record()
        for box in list(self.boxes.values()):
            box.abandon()
            self._release(box)
