"""Filters by keys that few resources have: first their ids, then the page.

The planner has no figures for values that are rare or unique. Asked for the newest hundred of them, it may read the
table from its end in the hope to meet them soon; asked for any of them, it takes the inverted index.
"""

from django.db import connection

from tmfusage.tmf.query.conditions import Condition

MOST_RARE = 1_000


def narrowed(table: str, condition: Condition) -> Condition:
    """The condition itself, or the ids of the few rows (alias `t`) that meet it now; for conditions that are keyed."""
    sql, values = condition
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT t."id" FROM "{table}" t WHERE {sql} LIMIT %s', [*values, MOST_RARE + 1])  # noqa: S608
        ids = [each for (each,) in cursor.fetchall()]
    return condition if len(ids) > MOST_RARE else ('t."id" = ANY(%s)', [ids])
