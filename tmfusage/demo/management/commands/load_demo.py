"""`manage.py load_demo`: the demonstration's data, logins and API client, once."""

from time import monotonic

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from tmfusage.demo.loading import holds_data, load_catalogue, load_usages
from tmfusage.demo.logins import CLIENT, make_client, make_logins, missing_secrets


class Command(BaseCommand):
    """Loads the demonstration into an empty database, and makes its logins where they are missing."""

    help = (
        "Load the demonstration: a usage catalogue, 5,000 usages of 200 subscribers over the last 60 days, "
        "a login for each role and an API client. Secrets come from DEMO_API_KEY, DEMO_ADMIN_PASSWORD, "
        "DEMO_PM_PASSWORD, DEMO_AGENT_PASSWORD, DEMO_OPERATOR_PASSWORD and DEMO_AUDITOR_PASSWORD. "
        "Running it again changes nothing."
    )

    def add_arguments(self, parser):
        """The switch that gives existing logins the secrets of the environment."""
        parser.add_argument(
            "--reset-logins",
            action="store_true",
            help="Also give users and API client that are already there the secrets of the environment.",
        )

    def handle(self, *args, **options):
        """Load what is missing; all of it or nothing."""
        started = monotonic()
        with transaction.atomic():
            loaded = self._data()
            changed = self._logins(options["reset_logins"])
        if loaded or changed:
            self.stdout.write(f"Demonstration ready after {monotonic() - started:.1f} s.")

    def _data(self) -> bool:
        if holds_data():
            self.stdout.write("The database holds specifications or usages already: none are added.")
            return False
        now = timezone.now().replace(microsecond=0)
        self.stdout.write(f"{load_catalogue(now)} usage specifications loaded.")
        self.stdout.write("Making 60 days of usages …")
        self.stdout.write(f"{load_usages(now):,} usages loaded.")
        return True

    def _logins(self, reset: bool) -> bool:
        users, client = make_logins(reset), make_client(reset)
        if users:
            self.stdout.write(f"Logins ready: {', '.join(users)}.")
        if client:
            self.stdout.write(f'API client "{CLIENT}" ready.')
        if (users or client) and (missing := missing_secrets()):
            self.stdout.write(f"Not set, so nobody can come in with these: {', '.join(missing)}.")
        return bool(users or client)
