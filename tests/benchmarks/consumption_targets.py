"""What was measured of consumption, and the verdict by the project's targets."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import debits
from tests.benchmarks.targets import BARE, OURS, Results

QUERY, REPORT, STORED = "query by number, v4", "report by number, v5", "stored query, v4"
# The same applications on the database with few subscribers.
FEW = {name: f"{name}, few" for name in (OURS, BARE)}
# Of the queries it is the one that is computed and told; the others are held to what v4 had to reach at first, for
# one is a translation of it and the other waits for the disk.
LEAST = {QUERY: 0.5, REPORT: 0.3, STORED: 0.3, debits.HOT: 0.3, debits.MANY: 0.3}
MOST = 1.3


@dataclass(frozen=True)
class Verdict:
    """A measured ratio, and the bound that is judged by."""

    name: str
    ratio: float
    bound: float | None
    at_most: bool = False

    @property
    def met(self) -> bool:
        """Whether it is within the bound, where there is one."""
        if self.bound is None:
            return True
        return self.ratio <= self.bound if self.at_most else self.ratio >= self.bound


def verdicts(results: Results) -> list[Verdict]:
    """Each ratio that was measured."""
    found = [Verdict(f"{work}: ours ÷ {BARE}", results.ratio(work, BARE), least) for work, least in LEAST.items()]
    for name, most in ((OURS, MOST), (BARE, None)):
        ratio = results.p99(QUERY, name) / results.p99(QUERY, FEW[name])
        found.append(Verdict(f"p99 of many ÷ of few subscribers, {name}", ratio, most, at_most=True))
    return found


def met(results: Results) -> bool:
    """Whether every target was met without an error."""
    return not results.errors and all(verdict.met for verdict in verdicts(results))


def lines(results: Results) -> Iterator[str]:
    """The table for a terminal."""
    applications = (BARE, OURS, FEW[BARE], FEW[OURS])
    yield f"{'per second (p99 ms)':24}" + "".join(f"{name:>26}" for name in applications)
    for work in LEAST:
        yield f"{work:24}" + "".join(f"{_cell(results, work, name):>26}" for name in applications)
    yield ""
    yield f"{'ratio':56}{'measured':>10}{'target':>10}"
    for verdict in verdicts(results):
        bound = "" if verdict.bound is None else f"{'≤' if verdict.at_most else '≥'} {verdict.bound:.2f}"
        told = "" if verdict.bound is None else "pass" if verdict.met else "FAIL"
        yield f"{verdict.name:56}{verdict.ratio:>10.2f}{bound:>10}  {told}".rstrip()
    if results.errors:
        yield f"{results.errors} requests went wrong: FAIL"


def _cell(results: Results, work: str, name: str) -> str:
    if (work, name) not in results.rounds:
        return ""
    p99 = results.p99(work, name)
    return f"{results.rate(work, name):,.0f}" + (f" ({p99:.1f})" if p99 else "")


def write(path: Path, results: Results, circumstances: dict[str, Any]) -> None:
    """The same as JSON, each round included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        **circumstances,
        "met": met(results),
        "errors": results.errors,
        "ratios": [
            {"name": each.name, "ratio": round(each.ratio, 3), "target": each.bound, "met": each.met}
            for each in verdicts(results)
        ],
        "rates": [
            {
                "work": work,
                "application": name,
                "median": round(results.rate(work, name), 1),
                "p99": round(results.p99(work, name), 2),
                "rounds": [round(measured.rate, 1) for measured in rounds],
                "p99 of rounds": [round(measured.p99, 2) for measured in rounds],
            }
            for (work, name), rounds in results.rounds.items()
        ],
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
