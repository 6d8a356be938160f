"""What was promised against what came: lost, ghosts, order, duplicates, latency."""

import statistics
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from tests.chaos.poster import Posted

OUTAGES = 2
MAX_DUPLICATES, MAX_DELAY_SECONDS, MAX_DRAIN_SECONDS = 0.005, 0.6, 60.0


@dataclass
class Verdict:
    """The figures of a run, and what they break."""

    expected: int = 0
    received: int = 0
    lost: int = 0
    ghosts: int = 0
    disorder: int = 0
    unequal: int = 0
    duplicates: int = 0
    forgotten: int = 0
    unsound: int = 0
    server_errors: int = 0
    median_seconds: float = 0.0
    worst_seconds: float = 0.0
    drain_seconds: float = 0.0
    children_killed: int = 0
    workers_killed: int = 0
    rolled_back: int = 0
    crashes: int = 0
    # How many calls were made in each outage of the broker.
    calls_without_broker: list[int] = field(default_factory=list)

    @property
    def tolerated_duplicates(self) -> float:
        """Half a percent; in a short run, where each of many kills meets some in flight, two for each kill."""
        return max(2 * (self.children_killed + self.workers_killed), MAX_DUPLICATES * self.expected)

    def broken(self) -> list[str]:
        """The promises that were not kept."""
        delay = self.worst_seconds - self.median_seconds
        checks = {
            f"{self.lost} events were lost": self.lost,
            f"{self.ghosts} events never happened": self.ghosts,
            f"{self.disorder} events came out of order": self.disorder,
            f"{self.unequal} events differed between attempts": self.unequal,
            f"{self.forgotten} answered POSTs are not stored": self.forgotten,
            f"{self.unsound} findings of the nightly check": self.unsound,
            f"{self.server_errors} calls failed while the broker was away": self.server_errors,
            f"{self.duplicates} duplicates": self.duplicates > self.tolerated_duplicates,
            f"a call took {delay:.2f} s longer while the broker was away": delay > MAX_DELAY_SECONDS,
            f"draining took {self.drain_seconds:.0f} s": self.drain_seconds > MAX_DRAIN_SECONDS,
            "nothing happened": not self.expected,
        }
        return [text for text, wrong in checks.items() if wrong]

    def missing(self, crash: bool = True) -> list[str]:
        """The faults that were to happen and did not, without which nothing is proven."""
        happened = {
            "no child of a worker was killed": self.children_killed,
            "no worker was killed": self.workers_killed,
            "no transaction was rolled back": self.rolled_back,
            "the database did not crash": self.crashes or not crash,
            "the broker was not away twice": len(self.calls_without_broker) >= OUTAGES,
            "nobody called while the broker was away": all(self.calls_without_broker),
        }
        return [text for text, so in happened.items() if not so]

    def __str__(self) -> str:
        """For people."""
        return (
            f"{self.received:,} deliveries of {self.expected:,} expected under {self.children_killed} kills of "
            f"children, {self.workers_killed} of workers and {self.crashes} of the database, {self.rolled_back} "
            f"changes rolled back: {self.lost} lost, "
            f"{self.ghosts} ghosts, {self.disorder} out of order, {self.duplicates} duplicates "
            f"({self.duplicates / max(1, self.expected):.2%}), {self.unequal} unequal; POST median "
            f"{self.median_seconds * 1000:.0f} ms, worst of {sum(self.calls_without_broker)} without broker "
            f"{self.worst_seconds * 1000:.0f} ms, "
            f"{self.server_errors} failed; drained {self.drain_seconds:.1f} s after recovery"
        )


def judge_deliveries(verdict: Verdict, log: Path, ports: Iterable[int], truth: dict[str, int]) -> None:
    """Compare what the listeners wrote down with the usages: each of n changes once, in order, at each listener."""
    arrived: dict[tuple[int, str], list[str]] = defaultdict(list)
    bodies: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for line in log.read_text().splitlines():
        port, event_id, usage, number, digest = line.split()
        arrived[int(port), usage].append(number)
        bodies[usage, number].add((event_id, digest))
    verdict.unequal = sum(len(seen) > 1 for seen in bodies.values())
    for port in ports:
        for usage, last in truth.items():
            _judge_resource(verdict, arrived.pop((port, usage), []), [str(n) for n in range(last + 1)])
    verdict.ghosts += sum(len(numbers) for numbers in arrived.values())
    verdict.received += sum(len(numbers) for numbers in arrived.values())


def _judge_resource(verdict: Verdict, came: list[str], wanted: list[str]) -> None:
    first = list(dict.fromkeys(came))
    known = [number for number in first if number in set(wanted)]
    verdict.expected += len(wanted)
    verdict.received += len(came)
    verdict.duplicates += len(came) - len(first)
    verdict.ghosts += len(first) - len(known)
    verdict.lost += len(set(wanted) - set(known))
    verdict.disorder += sum(int(a) > int(b) for a, b in pairwise(known))


def judge_calls(
    verdict: Verdict,
    calls: list[Posted],
    truth: dict[str, int],
    away: list[tuple[float, float]],
    crashes: list[tuple[float, float]],
) -> None:
    """Compare the API's answers while the broker was away with the others."""

    def during(call: Posted, periods: list[tuple[float, float]], margin: float = 0.0) -> bool:
        return any(start - margin <= call.at <= end + margin for start, end in periods)

    without_broker = [call for call in calls if during(call, away)]
    calm = [call for call in calls if not during(call, away) and not during(call, crashes, 5.0)]
    verdict.calls_without_broker = [sum(during(call, [period]) for call in calls) for period in away]
    verdict.server_errors = sum(call.status != 201 for call in [*without_broker, *calm])
    verdict.median_seconds = statistics.median(call.seconds for call in calm) if calm else 0.0
    verdict.worst_seconds = max((call.seconds for call in without_broker), default=0.0)
    verdict.forgotten = sum(call.status == 201 and call.usage_id not in truth for call in calls)
