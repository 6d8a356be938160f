"""What a run came to: totals, lines for a terminal, and one HTML page that needs nothing else."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template

from tests.conformance.suite import Assertion, Outcome, Suite

HERE = Path(__file__).parent
PAGE = Template((HERE / "report.html").read_text(encoding="utf-8"))
DETAILS = Template((HERE / "report_request.html").read_text(encoding="utf-8"))
NOTHING = '<tr><td colspan="4">Nothing is asserted of this request.</td></tr>'


@dataclass(frozen=True)
class Part:
    """The kit's share of a run, or what goes beyond it: the requests with their assertions."""

    title: str
    rows: tuple[tuple[Outcome, tuple[Assertion, ...]], ...]

    @property
    def assertions(self) -> int:
        """How many assertions were made."""
        return sum(len(made) for _, made in self.rows)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(not assertion.passed for _, made in self.rows for assertion in made)


@dataclass(frozen=True)
class Result:
    """A whole run: which suite, where, when, and what came of it."""

    suite: Suite
    base: str
    outcomes: tuple[Outcome, ...]
    started: datetime

    @property
    def kit(self) -> Part:
        """The kit's own requests and assertions."""
        of_the_kit = [outcome for outcome in self.outcomes if outcome.request in self.suite.kit]
        return Part("Kit", tuple((outcome, outcome.kit) for outcome in of_the_kit))

    @property
    def beyond(self) -> Part:
        """What is promised beyond the kit; the kit's requests appear again where more is asked of them."""
        return Part(
            "Beyond the kit",
            tuple((outcome, outcome.beyond) for outcome in self.outcomes if outcome.beyond or outcome.skipped),
        )

    @property
    def passed(self) -> bool:
        """Whether nothing failed, and something was asked at all."""
        return bool(self.kit.assertions) and not self.kit.failed and not self.beyond.failed

    @property
    def milliseconds(self) -> float:
        """The time spent waiting for answers."""
        return sum(outcome.exchange.milliseconds for outcome in self.outcomes)

    @property
    def received(self) -> int:
        """The bytes of all bodies."""
        return sum(len(outcome.exchange.body) for outcome in self.outcomes)


def grouped(made: Iterable[Assertion]) -> list[tuple[str, int, int, str]]:
    """Each title once, with how often it passed and failed, and what the first failure found."""
    passed, failed, found = Counter[str](), Counter[str](), dict[str, str]()
    titles: dict[str, None] = {}
    for assertion in made:
        titles[assertion.title] = None
        (passed if assertion.passed else failed)[assertion.title] += 1
        if not assertion.passed:
            found.setdefault(assertion.title, assertion.found)
    return [(title, passed[title], failed[title], found.get(title, "")) for title in titles]


def terminal(result: Result) -> Iterator[str]:
    """The lines of a summary, ending in the totals."""
    suite = result.suite
    yield f"{suite.api} {suite.version} ({suite.kit_version}) at {result.base}"
    for part in (result.kit, result.beyond):
        yield ""
        yield part.title
        for outcome, made in part.rows:
            yield from _lines(outcome, made)
    yield ""
    yield f"{'':24}{'Total':>10}{'Failed':>10}"
    for title, total, failed in totals(result):
        yield f"{title:24}{total:>10}{failed:>10}"
    yield f"{result.milliseconds:.0f} ms waited, {size(result.received)} received"


def totals(result: Result) -> list[tuple[str, int, int]]:
    """Name, number and failures of each total."""
    rows = []
    for part, name in ((result.kit, "kit"), (result.beyond, "beyond the kit")):
        broken = sum(any(not assertion.passed for assertion in made) for _, made in part.rows)
        rows += [
            (f"Requests, {name}", len(part.rows), broken),
            (f"Assertions, {name}", part.assertions, part.failed),
        ]
    return rows


def html(result: Result) -> str:
    """The report as one page of HTML."""
    suite, parts = result.suite, [part for part in (result.kit, result.beyond) if part.rows]
    return PAGE.substitute(
        api=escape(f"{suite.api} {suite.version}"),
        kit=escape(suite.kit_version),
        base=escape(result.base),
        date=escape(result.started.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")),
        verdict="Passed" if result.passed else "Failed",
        outcome="passed" if result.passed else "failed",
        duration=f"{result.milliseconds:.0f} ms",
        received=escape(size(result.received)),
        average=f"{result.milliseconds / max(1, len(result.outcomes)):.0f} ms",
        totals="".join(_cells("th", title, total, failed) for title, total, failed in totals(result)),
        parts="".join(_part(part) for part in parts),
    )


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count} B" if count < 1024 else f"{count / 1024:.2f} KB"


def _lines(outcome: Outcome, made: tuple[Assertion, ...]) -> Iterator[str]:
    failed = sum(not assertion.passed for assertion in made)
    if outcome.skipped:
        yield f"  skip {outcome.exchange.method:6} {outcome.request.title[:58]:58} {outcome.skipped}"
        return
    exchange, verdict = outcome.exchange, "FAIL" if failed else "ok"
    counts = f"{len(made) - failed:>4} passed {failed:>3} failed"
    figures = f"{exchange.milliseconds:>6.0f} ms {size(len(exchange.body)):>10}"
    yield f"  {verdict:4} {exchange.method:6} {outcome.request.title[:58]:58} {counts} {figures}"
    for title, _, failures, found in grouped(made):
        if failures:
            yield f"         {title}: {failures} failed, found {found}"


def _part(part: Part) -> str:
    heading = f"<h2>{escape(part.title)}</h2>"
    return f"<section>{heading}{''.join(_request(outcome, made) for outcome, made in part.rows)}</section>"


def _request(outcome: Outcome, made: tuple[Assertion, ...]) -> str:
    request, exchange = outcome.request, outcome.exchange
    failed = sum(not assertion.passed for assertion in made)
    facts = (
        ("Description", request.description),
        ("Skipped", outcome.skipped),
        ("Method", exchange.method),
        ("URL", exchange.url),
        ("Status code", exchange.error or str(exchange.status)),
        ("Time", f"{exchange.milliseconds:.0f} ms"),
        ("Size", size(len(exchange.body))),
        ("Assertions passed", str(len(made) - failed)),
        ("Assertions failed", str(failed)),
    )
    return DETAILS.substitute(
        verdict="failed" if failed else "passed",
        open=" open" if failed else "",
        method=exchange.method,
        title=escape(request.title),
        group=escape(request.group),
        facts="".join(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts if value),
        rows="".join(_cells("th", title, *counts) for title, *counts in grouped(made)) or NOTHING,
    )


def _cells(head: str, title: str, *values: object) -> str:
    cells = "".join(f"<td>{escape(str(value))}</td>" for value in values)
    return f"<tr><{head} scope='row'>{escape(title)}</{head}>{cells}</tr>"
