"""`python -m tests.conformance --url … --api-key …`: runs a suite and says how it went, by exit code too."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.conformance import report, tmf635, tmf677
from tests.conformance.client import Client, base_url
from tests.conformance.runner import run

SUITES = {"TMF635": tmf635.SUITE, "TMF677": tmf677.SUITE, "TMF677-v5": tmf677.SUITE_V5}


def main(arguments: list[str] | None = None) -> int:
    """0 when everything held, 1 when something did not, 2 when it could not be asked."""
    options = _options(arguments)
    suite = SUITES[options.suite]
    try:
        base = base_url(options.url, suite.api_path)
    except ValueError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
    client, started = Client(base, options.api_key, options.timeout), datetime.now(UTC)
    outcomes = run(suite, client, beyond=not options.kit_only)
    result = report.Result(suite, base, tuple(outcomes), started)
    sys.stdout.writelines(f"{line}\n" for line in report.terminal(result))
    if options.report:
        options.report.write_text(report.html(result), encoding="utf-8")
        sys.stdout.write(f"Report: {options.report}\n")
    sys.stdout.write("PASSED\n" if result.passed else "FAILED\n")
    return 0 if result.passed else 1


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    environment = os.environ
    parser.add_argument(
        "--url",
        default=environment.get("URL") or "http://127.0.0.1:8000",
        help="the server, or the API's base URL on it; else URL of the environment",
    )
    parser.add_argument("--api-key", default=environment.get("API_KEY", ""), help="else API_KEY of the environment")
    parser.add_argument("--suite", choices=sorted(SUITES), default="TMF635")
    parser.add_argument("--report", type=Path, help="write a report in HTML to this file")
    parser.add_argument("--kit-only", action="store_true", help="ask nothing beyond what the kit asks")
    parser.add_argument("--timeout", type=float, default=30.0, help="seconds to wait for one answer")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
