"""What PostgreSQL does for a request: the statements that the API sent for it, explained as they were run."""

import re

from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.calling import Api

REMOVED = re.compile(r"Rows Removed by .*?: (\d+)")
# What a page, a bounded look for few and a bounded count may read in vain.
IN_VAIN = 1_000


def sent(api: Api, path: str, table: str) -> list[str]:
    """The statements about the table that the API sends for a GET."""
    with CaptureQueriesContext(connection) as captured:
        answer = api.get(path.replace(">", "%3E"))
    assert answer.status_code in (200, 206), answer.content
    return [each["sql"] for each in captured if f'"{table}"' in each["sql"] and not each["sql"].startswith("EXPLAIN")]


def explained(statement: str) -> str:
    """The plan as it was run, with what each step read in vain."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) {statement}")
        return "\n".join(line for (line,) in cursor.fetchall())


def assert_indexed(api: Api, path: str, table: str, frequent: bool = False) -> None:
    """No statement reads the table, or much in vain; what most rows have may be met by reading the first of them."""
    statements = sent(api, path, table)
    assert statements
    for statement in statements:
        plan = explained(statement)
        told = f"{path}\n{statement}\n{plan}"
        assert sum(map(int, REMOVED.findall(plan))) <= IN_VAIN, told
        assert frequent or f"Seq Scan on {table}" not in plan, told


def filled(table: str, statement: str, rows: int) -> None:
    """Fill the table, and let the planner know what is in it."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(statement, [rows])
        cursor.execute(f"ANALYZE {table}")
