"""A wake-up after a commit: best effort, for latency only; the clock finds every event without it."""

import logging
import os
import threading
import time

from tmfusage.celery import app

TICK = "tmfusage.hub.tasks.tick"
QUIET_SECONDS, AFTER_FAILURE_SECONDS, EXPIRES_SECONDS = 0.2, 10.0, 60
BROKER_TIMEOUT = 0.5
_log = logging.getLogger(__name__)


class Nudger:
    """Tells the workers from a thread of its own: no request ever waits for the broker."""

    def __init__(self) -> None:
        self.wanted = threading.Event()
        self.lock = threading.Lock()
        self.process = 0

    def __call__(self) -> None:
        """Something is due."""
        if self.process != os.getpid():
            self._start()
        self.wanted.set()

    def _start(self) -> None:
        with self.lock:
            if self.process != os.getpid():
                # A forked child has neither the thread nor a lock or event in a known state.
                self.wanted = threading.Event()
                threading.Thread(target=self._work, name="hub-nudger", daemon=True).start()
                self.process = os.getpid()

    def _work(self) -> None:
        while True:
            self.wanted.wait()
            self.wanted.clear()
            time.sleep(QUIET_SECONDS if send() else AFTER_FAILURE_SECONDS)


def send() -> bool:
    """Send one tick; whether the broker took it, within about a second."""
    options = {
        **app.conf.broker_transport_options,
        "socket_connect_timeout": BROKER_TIMEOUT,
        "socket_timeout": BROKER_TIMEOUT,
        "retry_on_timeout": False,
        "max_retries": 0,
    }
    try:
        with app.connection_for_write(transport_options=options, connect_timeout=BROKER_TIMEOUT) as broker:
            app.send_task(
                TICK, connection=broker, queue="dispatch", expires=EXPIRES_SECONDS, ignore_result=True, retry=False
            )
    except Exception as exc:  # whatever the broker's client raises, the clock will do
        _log.warning("The broker took no wake-up: %s", type(exc).__name__)
        return False
    return True


nudge = Nudger()
