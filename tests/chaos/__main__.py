"""`python -m tests.chaos`: ten thousand events for three listeners while everything around them fails.

Real PostgreSQL, real Valkey, real Celery workers and the real web server, each a process. Ends with 0 when every
promise was kept, else with 1 and what was broken.
"""

import argparse
import os
import shutil
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.stage import Stage
from tests.chaos.verdict import Verdict
from tmfusage.embedded.scratch import scratch_directory

# Draining may take a minute; a little more tells how bad it is.
PRODUCE_SECONDS, DRAIN_SECONDS = 400, 120


@dataclass(frozen=True)
class Plan:
    """How much happens, and how fast."""

    events: int
    listeners: int
    per_second: float
    away_seconds: float
    crash: bool

    @property
    def seconds(self) -> float:
        """How long producers take when nothing holds them up."""
        return self.events / self.per_second


def main(arguments: list[str] | None = None) -> int:
    """0 when every promise was kept, else 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--listeners", type=int, default=3)
    parser.add_argument("--per-second", type=float, default=150.0)
    parser.add_argument("--away-seconds", type=float, default=5.0, help="how long the broker is stopped, and frozen")
    parser.add_argument("--no-crash", action="store_true", help="leave the database alone")
    options = parser.parse_args(arguments)
    plan = Plan(options.events, options.listeners, options.per_second, options.away_seconds, not options.no_crash)
    verdict = run(plan)
    say(str(verdict))
    for text in verdict.broken():
        say(f"BROKEN: {text}")
    if shutil.which("rabbitmq-server") is None:
        say("RabbitMQ is not installed here: the same with RabbitMQ was skipped.")
    return 1 if verdict.broken() else 0


def run(plan: Plan) -> Verdict:
    """Play the plan and judge it."""
    with ExitStack() as stack:
        data = stack.enter_context(scratch_directory())
        stage = Stage(data)
        # However it ends, nothing that was started stays.
        stack.callback(stage.close)
        stage.set_up(plan.listeners)
        say(f"{plan.events:,} events for {plan.listeners} listeners, {plan.per_second:g} a second …")
        play(stage, plan)
        drained = stage.wait_until_drained(DRAIN_SECONDS)
        verdict = stage.judge(drained)
        if verdict.broken():
            say(stage.last_words())
        return verdict


def play(stage: Stage, plan: Plan) -> None:
    """The producers work while faults happen, one after the other."""
    start = time.monotonic()
    stage.start_producers(plan.events, plan.per_second)
    faults = [
        (0.1, "the broker stops", lambda: stage.broker.stop(plan.away_seconds)),
        (0.4, "the broker freezes", lambda: stage.broker.freeze(plan.away_seconds)),
        (0.6, "the broker forgets everything", stage.broker.flush),
    ]
    if plan.crash:
        faults.append((0.75, "the database crashes", stage.crash_database))
    for share, what, happen in faults:
        time.sleep(max(0.0, start + share * plan.seconds - time.monotonic()))
        say(f"{time.monotonic() - start:6.1f} s  {what}")
        happen()
    stage.wait_for_producers(PRODUCE_SECONDS)
    say(f"{time.monotonic() - start:6.1f} s  everything has happened; no more faults")
    stage.end_faults()


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    os.chdir(Path(__file__).resolve().parents[2])
    sys.exit(main())
