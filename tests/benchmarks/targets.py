"""What was measured, as medians and ratios, against the targets of the project."""

import json
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.generator import Measured

OURS, BARE, PLAIN = "ours", "bare WSGI + psycopg", "plain DRF"
TARGETS = {
    ("GET by id", BARE): 0.25,
    ("list of 100", BARE): 0.5,
    ("POST one", BARE): 0.35,
    ("GET by id", PLAIN): 2.0,
    ("list of 100", PLAIN): 4.0,
    ("POST one", PLAIN): 2.5,
}


@dataclass
class Results:
    """Every measured round, by work and application."""

    rounds: dict[tuple[str, str], list[Measured]] = field(default_factory=lambda: defaultdict(list))

    def add(self, work: str, application: str, measured: Measured) -> None:
        """Note one round."""
        self.rounds[work, application].append(measured)

    def rate(self, work: str, application: str) -> float:
        """The median of the rounds, in requests per second."""
        return statistics.median(measured.rate for measured in self.rounds[work, application])

    def p99(self, work: str, application: str) -> float:
        """The median of the rounds' 99th percentiles, in milliseconds."""
        return statistics.median(measured.p99 for measured in self.rounds[work, application])

    @property
    def errors(self) -> int:
        """How many requests went wrong in all."""
        return sum(measured.errors for rounds in self.rounds.values() for measured in rounds)

    def ratio(self, work: str, other: str) -> float:
        """Ours to the other: the median of the rounds' own ratios, as each round saw the same machine."""
        pairs = zip(self.rounds[work, OURS], self.rounds[work, other], strict=True)
        return statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)

    @property
    def met(self) -> bool:
        """Whether every target was met without an error."""
        return not self.errors and all(self.ratio(work, other) >= least for (work, other), least in TARGETS.items())


def lines(results: Results) -> Iterator[str]:
    """The table for a terminal."""
    works, applications = dict.fromkeys(work for work, _ in TARGETS), (BARE, PLAIN, OURS)
    yield f"{'requests/s (p99 ms)':22}" + "".join(f"{name:>26}" for name in applications)
    for work in works:
        cells = (f"{results.rate(work, name):,.0f} ({results.p99(work, name):.1f})" for name in applications)
        yield f"{work:22}" + "".join(f"{cell:>26}" for cell in cells)
    yield ""
    yield f"{'ratio':44}{'measured':>10}{'target':>10}"
    for (work, other), least in TARGETS.items():
        ratio = results.ratio(work, other)
        verdict = "pass" if ratio >= least else "FAIL"
        yield f"{work + ': ours ÷ ' + other:44}{ratio:>10.2f}{least:>10.2f}  {verdict}"
    if results.errors:
        yield f"{results.errors} requests went wrong: FAIL"


def write(path: Path, results: Results, circumstances: dict[str, Any]) -> None:
    """The same as JSON, each round included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        **circumstances,
        "met": results.met,
        "errors": results.errors,
        "ratios": [
            {"work": work, "to": other, "ratio": round(results.ratio(work, other), 3), "target": least}
            for (work, other), least in TARGETS.items()
        ],
        "rates": [
            {
                "work": work,
                "application": application,
                "median": round(results.rate(work, application), 1),
                "p99": round(results.p99(work, application), 2),
                "rounds": [round(measured.rate, 1) for measured in rounds],
            }
            for (work, application), rounds in results.rounds.items()
        ],
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
