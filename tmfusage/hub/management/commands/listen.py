"""`manage.py listen`: a listener on loopback that verifies and prints what it receives."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tmfusage.hub.listening import ACCEPTED, Listener, Manners
from tmfusage.hub.signing import key_of


class Command(BaseCommand):
    """Start the listener; Ctrl-C ends it."""

    help = "Listens on 127.0.0.1, verifies the signature of each delivery and prints a line for it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What a tour or a test may want of a listener."""
        parser.add_argument("--port", type=int, default=9000, help="where to listen; 0 takes any free port")
        parser.add_argument("--secret", action="append", default=[], help="whsec_… to verify with; may be repeated")
        parser.add_argument("--status", type=int, default=ACCEPTED, help="the status of every answer")
        parser.add_argument("--fail", type=int, default=0, metavar="N", help="answer the first N deliveries with 500")
        parser.add_argument("--verbose", action="store_true", help="print the events as well")

    def handle(self, *args: Any, **options: Any) -> None:
        """Listen until interrupted."""
        with self._listener(options) as listener:
            self._say(f"Listening on {listener.url}  (Ctrl-C ends it)")
            try:
                listener.serve_forever()
            except KeyboardInterrupt:
                self._say("")

    def _listener(self, options: dict[str, Any]) -> Listener:
        try:
            secrets = tuple(options["secret"])
            for secret in secrets:
                key_of(secret)
            manners = Manners(secrets, options["status"], options["fail"], options["verbose"], self._say)
            return Listener(options["port"], manners)
        except (ValueError, OverflowError, OSError) as problem:
            raise CommandError(str(problem)) from None

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
