"""The benchmark of consumption: honest rows, applications that tell the same, debits that balance, a fair verdict."""

import json
from importlib import import_module

import psycopg
import pytest
from django.db import connection
from django.test import Client, RequestFactory
from psycopg_pool import ConnectionPool

from consumption.models import Bucket, BucketCounter, LedgerEntry, Posting
from tests.access.factories import make_client
from tests.benchmarks import consumption, debits
from tests.benchmarks import consumption_rows as rows
from tests.benchmarks import consumption_targets as targets
from tests.benchmarks.agreement import Disagreement
from tests.benchmarks.generator import Measured
from tests.benchmarks.targets import BARE, OURS, Results
from tests.other_process import database_url

SUBSCRIBERS = 4
real_rows = pytest.mark.django_db(transaction=True)


@pytest.fixture
def url(db, transactional_db, monkeypatch) -> str:
    """The test database, with a few subscribers, as other connections and processes find it."""
    rows.fill(SUBSCRIBERS, print)
    debits.prepare()
    found = database_url()
    monkeypatch.setenv("DATABASE_URL", found)
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tmfusage.settings")
    return found


@pytest.fixture
def bare(url, monkeypatch):
    """The bare application, called as a server would."""
    module = import_module("tests.benchmarks.consumption_bare")
    module.POOL.close()

    def send(work, headers):
        answered = []
        body = work.bodies[0] if work.bodies else ""
        request = RequestFactory().generic(work.method, work.paths[0], body, headers={"Host": "testserver", **headers})
        content = module.application(request.environ, lambda status, _headers: answered.append(int(status[:3])))
        return answered[0], json.loads(b"".join(content))

    with ConnectionPool(url, min_size=1, kwargs={"autocommit": True}) as pool:
        monkeypatch.setattr(module, "POOL", pool)
        yield send


@pytest.fixture
def ours(url):
    """The product, with a key."""
    client = Client(headers={"Authorization": f"Bearer {make_client()[1]}"})

    def send(work, headers):
        body = work.bodies[0] if work.bodies else ""
        answer = client.generic(work.method, work.paths[0], body, "application/json", headers=headers)
        return answer.status_code, answer.json()

    return send


def schema() -> list[tuple[str, ...]]:
    """Every index and constraint of the tables."""
    with connection.cursor() as cursor:
        cursor.execute("""
            SELECT indexdef FROM pg_indexes WHERE tablename LIKE 'consumption%' UNION ALL
            SELECT conrelid::regclass || conname || pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1
        """)
        return cursor.fetchall()


@real_rows
def test_each_subscriber_has_five_buckets_of_his_own_and_the_ledger_explains_them(url):
    own = [set(Bucket.objects.of_number(f"+{rows.digits_of(n)}").values_list("id", flat=True)) for n in range(4)]
    assert [len(each) for each in own] == [5] * SUBSCRIBERS
    assert len(set.union(*own)) == 5 * SUBSCRIBERS
    assert Bucket.objects.of("party", f"party-{rows.digits_of(2)}").filter(party_ids=[f"party-{rows.digits_of(2)}"])
    assert len(set(BucketCounter.objects.filter(bucket__usage_type="data").values_list("value"))) == SUBSCRIBERS
    assert debits.unsound() == []


@real_rows
def test_more_subscribers_are_added_and_every_index_is_there_again(url):
    before = schema()
    rows._grow(url, range(SUBSCRIBERS, 9), print)
    assert schema() == before
    assert Bucket.objects.of_number(rows.digits_of(8)).count() == 5


@real_rows
@pytest.mark.parametrize("name", [targets.QUERY, targets.REPORT, targets.STORED])
def test_the_bare_application_tells_what_the_product_tells(ours, bare, name):
    for number in range(SUBSCRIBERS):
        work, headers = consumption.works([rows.digits_of(number)])[name]
        consumption.compare(work, headers, {"ours": ours, "bare": bare})


@real_rows
def test_applications_that_tell_different_things_are_not_compared(ours, bare):
    (one, headers), (two, _) = (consumption.works([rows.digits_of(n)])[targets.REPORT] for n in (1, 2))
    with pytest.raises(Disagreement, match=r"tell .*96890000001"):
        consumption.compare(one, headers, {"ours": ours, "bare": lambda *_: bare(two, headers)})


@real_rows
def test_an_answer_without_buckets_is_not_compared(ours):
    work, headers = consumption.works(["4711"])[targets.QUERY]
    with pytest.raises(Disagreement, match="answers 200"):
        consumption.compare(work, headers, {"ours": ours})


@real_rows
def test_both_ways_to_debit_write_the_same_rows(url):
    number = rows.digits_of(1)
    bucket = Bucket.objects.of_number(number).get(usage_type="data")
    with psycopg.connect(url, autocommit=True) as connected:
        for debit in (debits.ours(), debits.bare(connected)):
            for _ in range(3):
                debit(number)
    told = LedgerEntry.objects.filter(bucket=bucket, kind="debit").order_by("-id")[:6]
    names = ("amount", "sequence", "period_start", "user_id", "product_id", "key", "reference", "reason", "by")
    assert len(set(told.values_list(*names))) == 1
    assert Posting.objects.filter(usage_id__in=[each.usage_id for each in told]).count() == 6
    assert bucket.remaining - Bucket.objects.get(pk=bucket.pk).remaining == 6 * debits.AMOUNT
    assert debits.unsound() == []


@real_rows
def test_processes_debit_from_one_bucket_and_from_many(url):
    before = debits.written()
    with debits.workers(url, SUBSCRIBERS, processes=1, threads=2) as pipes:
        told = [debits.measure(pipes[who], work, 0.2) for who in (OURS, BARE) for work in (debits.HOT, debits.MANY)]
    assert all(each.rate > 0 and not each.errors for each in told)
    assert debits.written() > before
    assert debits.unsound() == []


def results(ratio: float, p99: float) -> Results:
    """Results with this ratio of all work, and this one of percentiles."""
    made = Results()
    for work in targets.LEAST:
        made.add(work, OURS, Measured(1_000 * ratio, 10 * p99, 0))
        made.add(work, BARE, Measured(1_000, 10, 0))
    for name in targets.FEW.values():
        made.add(targets.QUERY, name, Measured(1_000, 10, 0))
    return made


def test_figures_that_meet_the_targets_pass(tmp_path):
    targets.write(tmp_path / "deep" / "figures.json", results(0.5, 1.3), {"rows": 7})
    written = json.loads((tmp_path / "deep" / "figures.json").read_text())
    assert (written["rows"], written["met"], len(written["ratios"]), len(written["rates"])) == (7, True, 7, 12)


@pytest.mark.parametrize(("ratio", "p99", "failing"), [(0.49, 1, targets.QUERY), (0.2, 1, debits.HOT), (1, 1.4, "p99")])
def test_a_missed_target_fails(ratio, p99, failing):
    slow = results(ratio, p99)
    assert not targets.met(slow)
    assert any("FAIL" in line and failing in line for line in targets.lines(slow))


def test_wrong_answers_fail_however_fast():
    wrong = results(1, 1)
    wrong.add(targets.REPORT, OURS, Measured(9999, 1, 3))
    wrong.add(targets.REPORT, BARE, Measured(1, 1, 0))
    assert not targets.met(wrong)
