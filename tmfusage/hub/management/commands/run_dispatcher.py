"""manage.py run_dispatcher: deliver events without broker and workers, the emergency path."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tmfusage.hub.draining import POLL_SECONDS, Drain

AWAY_SECONDS = 2.0
# So that a listener that always has something due is handed on, as between workers.
ROUND_SECONDS = 40.0
_log = logging.getLogger(__name__)


class Command(BaseCommand):
    """Does what beat and the workers do for the hub; may run beside them."""

    help = "Deliver events to listeners until it is stopped; needs the database only."

    def add_arguments(self, parser: CommandParser) -> None:
        """--once ends when nothing is due."""
        parser.add_argument("--once", action="store_true", help="end as soon as nothing is due")

    def handle(self, *args: Any, once: bool = False, **options: Any) -> None:
        """Drain until SIGTERM or SIGINT; what is under way is finished first."""
        ending = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ending.set())
        self._say(_("Delivering events; SIGTERM or Ctrl-C ends it."))
        made = self._deliver(ending, once)
        self._say(ngettext("Stopped after %(n)d attempt.", "Stopped after %(n)d attempts.", made) % {"n": made})

    def _deliver(self, ending: threading.Event, once: bool) -> int:
        """Until it is over; how many attempts were made."""
        made = 0
        while not ending.is_set():
            attempts = 0
            try:
                attempts = Drain(alone=True).run(ROUND_SECONDS, ending.is_set)
                made += attempts
            except Error as exc:
                _log.warning("The database is away: %s", type(exc).__name__)
                connection.close()
                ending.wait(AWAY_SECONDS)
            if once and not attempts:
                break
            ending.wait(POLL_SECONDS)
        return made

    def _say(self, words: str) -> None:
        self.stdout.write(words)
        self.stdout.flush()
