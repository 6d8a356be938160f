"""`manage.py check_ledger`: whether every balance is explained by its entries."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from consumption.auditing import findings


class Command(BaseCommand):
    """Runs consumption/invariants.sql; fails when something does not hold."""

    help = "Check every bucket against its ledger; prints what does not hold, and then fails."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings."""
        found = findings()
        for finding in found:
            self.stdout.write(f"{finding.invariant}: {finding.subject}: {finding.detail}")
        if found:
            raise CommandError(f"{len(found)} findings.")
        self.stdout.write("Every balance is explained by its entries.")
