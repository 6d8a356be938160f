"""A short cut through `make chaos`, and the judge itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.brokers import rabbitmq_installed
from tests.chaos.poster import Posted
from tests.chaos.verdict import Verdict, judge_calls, judge_deliveries

ROOT = Path(__file__).resolve().parents[2]
SHORT = ["--events", "300", "--listeners", "2", "--per-second", "60", "--away-seconds", "1"]
SHORT += ["--lease-seconds", "4"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "broker",
    [
        "valkey",
        pytest.param(
            "rabbitmq",
            marks=pytest.mark.skipif(not rabbitmq_installed(), reason="RabbitMQ (Debian: rabbitmq-server) is missing"),
        ),
    ],
)
def test_nothing_is_lost_while_everything_fails(broker):
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BROKER_URL"}}
    command = [sys.executable, "-m", "tests.chaos", *SHORT, "--broker", broker]
    run = subprocess.run(command, cwd=ROOT, env=kept, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr[-3000:]
    assert "0 lost, 0 ghosts" in run.stdout


def judged(tmp_path: Path, *lines: str, truth: dict[str, int] | None = None) -> Verdict:
    log, verdict = tmp_path / "received", Verdict()
    log.write_text("".join(f"1 {line}\n" for line in lines))
    judge_deliveries(verdict, log, [1], {"u": 1} if truth is None else truth)
    return verdict


def test_a_good_run_is_called_good(tmp_path):
    verdict = judged(tmp_path, "e0 u 0 x", "e1 u 1 y")
    assert (verdict.expected, verdict.received, verdict.broken()) == (2, 2, [])


@pytest.mark.parametrize(
    ("lines", "figure"),
    [
        (["e0 u 0 x"], "lost"),
        (["e1 u 1 y", "e0 u 0 x"], "disorder"),
        (["e0 u 0 x", "e1 u 1 y", "e2 u 2 z"], "ghosts"),
        (["e0 u 0 x", "e1 u 1 y", "e9 u ghost z"], "ghosts"),
        (["e0 u 0 x", "e1 u 1 y", "e9 other 0 z"], "ghosts"),
        (["e0 u 0 x", "e1 u 1 y", "e1 u 1 other"], "unequal"),
    ],
)
def test_what_is_wrong_is_found(tmp_path, lines, figure):
    verdict = judged(tmp_path, *lines)
    assert getattr(verdict, figure) == 1
    assert verdict.broken()


def test_slow_and_failed_calls_without_a_broker_are_found():
    verdict = Verdict(expected=1)
    calls = [Posted(1, 0.01, 201, "a"), Posted(6, 0.9, 201, "b"), Posted(7, 0.01, 503, "")]
    judge_calls(verdict, calls, {"a": 0}, away=[(5, 8)], crashes=[])
    assert (verdict.server_errors, verdict.forgotten, verdict.worst_seconds) == (1, 1, 0.9)
    assert len(verdict.broken()) == 3


def test_faults_that_did_not_happen_prove_nothing():
    assert len(Verdict().missing()) == 5
    happened = Verdict(children_killed=1, workers_killed=1, rolled_back=1, calls_without_broker=[3, 1])
    assert happened.missing() == ["the database did not crash"]
    assert happened.missing(crash=False) == []
    assert Verdict(calls_without_broker=[3, 0]).missing(crash=False)[-1] == "nobody called while the broker was away"
