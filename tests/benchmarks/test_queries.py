"""The benchmark of filters asks what can be answered, and judges short pages by what they can help."""

import pytest

from tests.access.factories import make_client
from tests.benchmarks import queries
from tests.benchmarks.queries import Timed
from tests.benchmarks.query_kinds import Known, kinds
from tests.calling import Api

KNOWN = Known("customer-1", "96890000001", "product-1", "some-specification", "2026-03-10")


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(kinds(KNOWN)), ids=lambda kind: kind.name)
def test_every_kind_of_query_is_answered(kind):
    answer = Api(make_client()[1]).get(f"usage?{kind.query}")
    assert answer.status_code == 200, answer.content


def test_kinds_have_names_of_their_own():
    names = [kind.name for kind in kinds(KNOWN)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("ours", "bare", "rows", "good"),
    [(0.019, 0.010, 100, True), (0.021, 0.010, 100, False), (0.004, 0.001, 3, True), (0.009, 0.001, 3, False)],
)
def test_a_full_page_is_judged_alone_and_a_short_one_beside_any_request(ours, bare, rows, good):
    assert (Timed([ours] * 3, [bare] * 3, rows, 1).judged(constant=0.003) <= queries.MOST) == good
