"""`python -m tests.fuzz`: twenty thousand generated requests; exit code 1 on a 5xx or an undocumented answer."""

import argparse
import os
import sys
from importlib import import_module

import django

from tests.benchmarks import __main__ as bench
from tests.benchmarks import database
from tests.fuzz.documents import DOCUMENTS
from tests.fuzz.fuzzing import Fuzzer


def main(arguments: list[str] | None = None) -> int:
    """0 when every answer was as documented."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=900)
    parser.add_argument("--seed", type=int, default=635)
    options = parser.parse_args(arguments)
    with bench.server_url() as server, database.own_database(server) as url:
        os.environ.update({**bench.environment(url), "ALLOWED_HOSTS": "*", "LOG_REQUESTS": "0", "LOG_LEVEL": "ERROR"})
        django.setup()
        import_module("django.core.management").call_command("migrate", verbosity=0)
        with database.client_key() as key:
            fuzzer = Fuzzer(import_module("tmfusage.wsgi").application, key, options.seed)
            report = fuzzer.run(DOCUMENTS, options.requests, options.seconds)
    for line in report.lines():
        bench.say(line)
    return 1 if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
