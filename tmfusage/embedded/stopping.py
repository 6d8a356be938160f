"""Ctrl-C, SIGTERM, a closed terminal, the end of make: noted at once, acted on at the next pause."""

import os
import signal
import time
from types import FrameType

STEP_SECONDS = 0.1


class Stopped(Exception):
    """Someone asked the launcher to stop."""


class Stopping:
    """Whether someone asked for a stop; asked twice, it is meant to be quick."""

    def __init__(self, *, end_with_parent: bool = False):
        self.parent = os.getppid() if end_with_parent else None
        self.times = 0

    def listen(self) -> None:
        """Take over the signals; one that `nohup` has silenced stays silent."""
        signal.signal(signal.SIGINT, self._note)
        signal.signal(signal.SIGTERM, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self._note)

    def pause(self, seconds: float) -> None:
        """Wait; a Stopped ends it."""
        deadline = time.monotonic() + seconds
        while not self.wanted():
            left = deadline - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, STEP_SECONDS))
        raise Stopped

    def wanted(self) -> bool:
        """Whether a stop was asked for, or the parent that we end with is gone (a killed make)."""
        return bool(self.times) or self.parent not in {None, os.getppid()}

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.times += 1
