"""`python -m tests.chaos`: ten thousand events for three listeners while everything around them fails.

Real PostgreSQL, real brokers (Valkey, and RabbitMQ where Debian's package is installed), real Celery workers and the
real web server, each a process. Ends with 0 when every promise was kept, else with 1 and what was broken.
"""

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.brokers import rabbitmq_installed
from tests.chaos.stage import Stage
from tests.chaos.verdict import Verdict
from tmfusage.embedded.scratch import scratch_directory

# Draining may take a minute; a little more tells how bad it is.
PRODUCE_SECONDS, DRAIN_SECONDS, MOST_SECONDS = 200, 120, 295
VALKEY, RABBITMQ = "valkey", "rabbitmq"


@dataclass(frozen=True)
class Plan:
    """How much happens, and how fast."""

    events: int
    listeners: int
    per_second: float
    away_seconds: float
    crash: bool
    lease_seconds: int | None

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
    parser.add_argument("--broker", choices=[VALKEY, RABBITMQ, "each"], default="each")
    parser.add_argument("--lease-seconds", type=int, help="of a hub; else as in production")
    options = parser.parse_args(arguments)
    plan = Plan(
        options.events, options.listeners, options.per_second, options.away_seconds, not options.no_crash,
        options.lease_seconds,
    )  # fmt: skip
    if options.broker == "each":
        return max(_alone(broker, arguments) for broker in (VALKEY, RABBITMQ))
    if options.broker == RABBITMQ and not rabbitmq_installed():
        say("RabbitMQ is not installed here (`apt install rabbitmq-server`): the same with RabbitMQ was skipped.")
        return 0
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(MOST_SECONDS)
    verdict = run(plan, options.broker)
    say(str(verdict))
    broken = [*verdict.broken(), *verdict.missing(plan.crash)]
    for text in broken:
        say(f"BROKEN: {text}")
    return 1 if broken else 0


def _alone(broker: str, arguments: list[str] | None) -> int:
    """The same in a process of its own: Django reads its settings once."""
    given = sys.argv[1:] if arguments is None else arguments
    return subprocess.run([sys.executable, "-m", "tests.chaos", *given, "--broker", broker], check=False).returncode


def _too_long(*_arguments: object) -> None:
    raise TimeoutError(f"This takes more than {MOST_SECONDS} seconds.")


def run(plan: Plan, broker: str) -> Verdict:
    """Play the plan and judge it."""
    with ExitStack() as stack:
        data = stack.enter_context(scratch_directory())
        stage = Stage(data)
        # However it ends, nothing that was started stays.
        stack.callback(stage.close)
        stage.set_up(plan.listeners, broker, plan.lease_seconds)
        say(f"{broker}: {plan.events:,} events for {plan.listeners} listeners, {plan.per_second:g} a second …")
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
