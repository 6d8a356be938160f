"""The benchmark itself: honest data, load of both kinds, and a verdict that follows from the figures."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from tests.benchmarks import agreement, generator, records, targets
from tests.benchmarks.generator import Load, Measured
from tests.conformance.client import Client
from tests.conformance.serving import ROOT
from tests.conformance.stub import BASE, KEY, Stub, serving

AUTHORIZED = {"Authorization": f"Bearer {KEY}", "Accept": "application/json"}


def results(**rates: tuple[float, float, float]) -> targets.Results:
    """Results in which each work has these rates of ours, bare and plain."""
    made = targets.Results()
    for work, (ours, bare, plain) in rates.items():
        for name, rate in ((targets.OURS, ours), (targets.BARE, bare), (targets.PLAIN, plain)):
            made.add(work.replace("_", " "), name, Measured(rate, 1.0, 0))
    return made


def fast() -> targets.Results:
    """Results that meet every target, just."""
    return results(GET_by_id=(250, 1000, 125), list_of_100=(50, 100, 12.5), POST_one=(35, 100, 14))


def test_the_measured_usages_are_the_same_in_every_run():
    assert list(records.usages(50, "spec")) == list(records.usages(50, "spec"))


def test_a_measured_usage_has_about_the_size_that_the_targets_speak_of():
    sizes = [len(json.dumps(usage)) for usage in records.usages(100, "0" * 36)]
    assert 2000 < sum(sizes) / len(sizes) < 2600


def test_types_and_statuses_are_evenly_spread():
    wanted = [usage for usage in records.usages(3_500, "x") if records.WANTED.items() <= usage.items()]
    assert len(wanted) == 100


def test_figures_that_meet_the_targets_pass():
    assert fast().met


@pytest.mark.parametrize("work", ["GET_by_id", "list_of_100", "POST_one"])
def test_one_missed_target_fails(work):
    slow = fast()
    slow.rounds[work.replace("_", " "), targets.OURS][:] = [Measured(10, 1.0, 0)]
    assert not slow.met
    assert any("FAIL" in line and work.replace("_", " ") in line for line in targets.lines(slow))


def test_wrong_answers_fail_however_fast():
    wrong = fast()
    wrong.rounds["GET by id", targets.OURS][:] = [Measured(9999, 1.0, 3)]
    assert not wrong.met


def test_the_ratio_is_the_median_of_the_rounds_own_ratios():
    made = targets.Results()
    for ours, bare in ((10, 100), (30, 100), (20, 40)):
        made.add("GET by id", targets.OURS, Measured(ours, 1.0, 0))
        made.add("GET by id", targets.BARE, Measured(bare, 1.0, 0))
    assert made.ratio("GET by id", targets.BARE) == 0.3


def test_figures_are_written_with_each_round(tmp_path):
    targets.write(tmp_path / "deep" / "bench.json", fast(), {"rows": 5})
    written = json.loads((tmp_path / "deep" / "bench.json").read_text())
    assert (written["rows"], written["met"], len(written["ratios"]), len(written["rates"])) == (5, True, 6, 9)


@pytest.fixture
def stub():
    with serving(Stub()) as url:
        yield url


@pytest.fixture(params=["wrk", "sockets"])
def load_generator(request, monkeypatch):
    if request.param == "sockets":
        monkeypatch.setattr(generator, "WRK", None)
    elif not generator.WRK:
        pytest.skip("wrk is not installed")


@pytest.mark.usefixtures("load_generator")
def test_load_is_counted_with_its_errors(stub, tmp_path):
    good = Load("list", "GET", 200, (f"{BASE}/usage",))
    bad = Load("missing", "GET", 200, (f"{BASE}/usage/none",))
    for load, failing in ((good, False), (bad, True)):
        made = generator.measure(stub, load, AUTHORIZED, seconds=1, connections=1, directory=tmp_path)
        assert made.rate > 0
        assert (made.errors > 0) is failing


@pytest.mark.usefixtures("load_generator")
def test_posted_bodies_arrive(stub, tmp_path):
    bodies = tuple(json.dumps(body) for body in records.posted(3, "unknown"))
    load = Load("POST one", "POST", 201, (f"{BASE}/usage",), bodies)
    made = generator.measure(stub, load, AUTHORIZED, seconds=1, connections=1, directory=tmp_path)
    assert made.errors == 0
    assert len(Client(stub, KEY).send("GET", f"{BASE}/usage").items) >= made.rate / 2


def test_load_goes_to_this_machine_only(tmp_path):
    load = Load("list", "GET", 200, ("/",))
    with pytest.raises(ValueError, match="this machine"):
        generator.measure("http://192.0.2.1", load, {}, seconds=1, connections=1, directory=tmp_path)


def test_applications_that_answer_differently_are_not_compared(stub):
    other = Stub()
    with serving(other) as url:
        Client(url, KEY).send("POST", f"{BASE}/usage", body={"usageSpecification": {"id": "x"}})
        work = Load("list", "GET", 200, (f"{BASE}/usage",))
        with pytest.raises(agreement.Disagreement, match="differ"):
            agreement.check_agreement({"a": stub, "b": url}, [work], {"a": KEY, "b": KEY})


def test_an_application_without_a_guard_is_not_measured(stub):
    work = SimpleNamespace(paths=(f"{BASE}/usage",), bodies=(json.dumps(records.posted(1, "unknown")[0]),))
    with pytest.raises(agreement.Disagreement, match="off"):
        agreement.check_guarded(stub, KEY, work)


@pytest.mark.timeout(180)
def test_the_whole_benchmark_runs_on_a_small_table(tmp_path):
    size = ["--rows", "700", "--rounds", "1", "--seconds", "1", "--output", str(tmp_path / "bench.json")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", *size],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert (tmp_path / "bench.json").exists(), done.stdout + done.stderr
    written = json.loads((tmp_path / "bench.json").read_text())
    assert (written["rows"], written["errors"]) == (700, 0)
    assert {each["work"] for each in written["ratios"]} == {"GET by id", "list of 100", "POST one"}
