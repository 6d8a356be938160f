"""`manage.py index_documents`: inverted indexes for equality inside the documents, where a deployment wants them."""

import re

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from tmfusage.tmf.query.containment import member_sql
from tmfusage.tmf.resources import Resource

DEFAULT_MEMBERS = ("usageCharacteristic",)
LONGEST = 40
_MEMBER = re.compile(r"@?[A-Za-z_][A-Za-z0-9_]*")


class Command(BaseCommand):
    """Creates or drops one index for each member, without blocking writers."""

    help = (
        "Index members of the documents, so that filters which compare something in them with = need no scan: "
        "usageCharacteristic unless others are named. Each index makes storing a resource slower (that on "
        "characteristics by about two thirds), so there is none by default."
    )

    def add_arguments(self, parser):
        """Which members of which resource, and whether to drop."""
        parser.add_argument("members", nargs="*", default=DEFAULT_MEMBERS, help="First-level members of the resource.")
        parser.add_argument("--model", default="usage.Usage", help="The resource's model (default: usage.Usage).")
        parser.add_argument("--drop", action="store_true", help="Drop the indexes instead.")

    def handle(self, *args, **options):
        """Create or drop them one after the other; those that are there already stay."""
        table = self._table(options["model"])
        for member in options["members"]:
            if not _MEMBER.fullmatch(member) or len(member) > LONGEST:
                raise CommandError(f"{member!r} is not the name of a member.")
            name = f"doc_{table}_{member}"[:63]
            if options["drop"]:
                self._run(f"DROP INDEX CONCURRENTLY IF EXISTS {connection.ops.quote_name(name)}")
                self.stdout.write(f"{member}: no index.")
            else:
                self._create(table, member, name)

    def _table(self, label: str) -> str:
        try:
            model = apps.get_model(label)
        except (LookupError, ValueError) as problem:
            raise CommandError(str(problem)) from None
        if not issubclass(model, Resource):
            raise CommandError(f"{label} has no documents.")
        return model._meta.db_table

    def _create(self, table: str, member: str, name: str) -> None:
        quoted, quoted_table = connection.ops.quote_name(name), connection.ops.quote_name(table)
        if self._state(name) is False:
            # Left over from a run that was interrupted.
            self._run(f"DROP INDEX CONCURRENTLY IF EXISTS {quoted}")
        index = f"{quoted} ON {quoted_table} USING gin (({member_sql(member, 'document')}) jsonb_path_ops)"
        self._run(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {index}")
        # The planner needs figures on the expression.
        self._run(f"ANALYZE {quoted_table}")
        self.stdout.write(f"{member}: indexed.")

    def _state(self, name: str) -> bool | None:
        """Whether the index is valid; None when there is none."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)", [f'"{name}"'])
            row = cursor.fetchone()
        return row[0] if row else None

    def _run(self, statement: str) -> None:
        """One statement of ours, for as long as it takes."""
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute(statement)
            cursor.execute("RESET statement_timeout")
