"""What filters and sort compute of a bucket is what its answer shows."""

from datetime import UTC
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consumption import units
from consumption.currencies import EXPONENTS
from consumption.models.standing import COMPUTED
from consumption.report import standing
from tmfusage.tmf import exact
from tmfusage.tmf.computed import members_of

MEMBERS = members_of(COMPUTED)
STATEMENT = f"""
SELECT json_build_object({", ".join(f"'{name}', {sql}" for name, sql in MEMBERS.items())})::text
FROM (SELECT %s::timestamptz AS valid_from, %s::timestamptz AS valid_to, %s::boolean AS unlimited,
    %s::boolean AS measured, %s::numeric(28,6) AS remaining, %s::numeric(28,6) AS reserved, %s::text AS unit,
    'active'::text AS status, NULL::text AS specification_id) t
"""
amounts = st.one_of(
    st.decimals(0, 10**19, places=6),
    st.integers(0, 10**13).map(Decimal),
    st.integers(0, 2_000).map(lambda number: Decimal(60 * number)),
)
spellings = st.sampled_from([*units.KNOWN, *EXPONENTS, "", "points", "KIB", " gb ", "\u2003GB", "K\u0131B", "eur"])
moments = st.none() | st.datetimes(timezones=st.just(UTC))


class Row(NamedTuple):
    """The columns of a bucket from which its balance is told."""

    valid_from: Any
    valid_to: Any
    unlimited: bool
    measured: bool
    remaining: Decimal
    reserved: Decimal
    unit: str


@pytest.mark.django_db
def test_the_database_computes_what_an_answer_shows():
    @settings(max_examples=1_000, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck])
    @given(st.builds(Row, moments, moments, st.booleans(), st.booleans(), amounts, amounts, spellings))
    def agree(row):
        with connection.cursor() as cursor:
            cursor.execute(STATEMENT, list(row))
            computed = exact.loads(cursor.fetchone()[0].encode())
        over = row.valid_to is not None and row.valid_to <= timezone.now()
        assert {name: item for name, item in computed.items() if item is not None} == {
            "status": "expired" if over else "active",
            "isUnlimited": False,  # what is not shown
            **exact.loads(exact.dumps(standing(row._replace(remaining=Decimal(0)) if over else row))),
        }

    agree()
