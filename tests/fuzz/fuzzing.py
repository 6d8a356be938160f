"""Runs generated requests against the product in this process, and judges each answer by the document.

Nine of ten are made up one by one; the others are chains along the links of the document, so that what a POST made is
read, changed and deleted by what follows.
"""

import random
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks

CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
# What a schema cannot say: how expressions and cursors look, and how exact a number may be.
EXPRESSIONS = {
    "filter": ["$[?(@.status=='rated')]", "relatedParty[?(@.id=='a' && @.role!='b')]", "$[?(length(@.name)>2)]"],
    "sort": ["-id", "lastUpdate", "name,-id", "@type"],
    "fields": ["none", "id,name", "relatedParty.id", "relatedParty[0]"],
}
CURSORS = ("after", "before")
schemathesis.openapi.format("base64", st.binary(max_size=60).map(lambda content: b64encode(content).decode()))
ROUND = 50
CHAINED, STEPS, ROUND_OF_CHAINS = 10, 6, 20
# The links that the document has, and none that are guessed.
CONFIGURED = {
    "generation": {"allow-x00": False, "codec": "utf-8"},
    "phases": {"stateful": {"inference": {"algorithms": []}}},
}
MOST_TOLD, MOST_OF_FAULT = 25, 1_500
KNOWN_IDS = 0.8


@dataclass
class Report:
    """How many requests each operation got, with which answers, and what was wrong with them."""

    answers: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many were sent."""
        return sum(sum(statuses.values()) for statuses in self.answers.values())

    def lines(self) -> Iterator[str]:
        """For a terminal."""
        for name, statuses in sorted(self.answers.items()):
            told = ", ".join(f"{status} × {count}" for status, count in sorted(statuses.items()))
            yield f"{name:58} {sum(statuses.values()):>6}  {told}"
        yield f"{self.requests:,} requests, {len(self.faults)} faults"
        for fault, curl in list(self.faults.items())[:MOST_TOLD]:
            yield f"\n{fault}\n    {curl}"


class Fuzzer:
    """Sends requests in rounds over all operations, so that resources made by one are known to the next."""

    def __init__(self, application: Callable, key: str, number: int):
        self.application, self.key = application, key
        self.chance = random.Random(number)
        self.report = Report()
        self.ids: dict[str, list[str]] = defaultdict(list)

    def run(self, documents: list[str], requests: int, seconds: float) -> Report:
        """Until so many requests were sent, or the time is over."""
        end, alone = time.monotonic() + seconds, requests - requests // CHAINED
        operations = [found.ok() for path in documents for found in self._schema(path).get_all_operations()]
        while self.report.requests < alone and time.monotonic() < end:
            for operation in operations:
                for mode in GenerationMode:
                    self._send(operation, mode, min(ROUND, max(1, requests // (2 * len(operations)))))
                if time.monotonic() > end:
                    break
        return self.follow(documents, requests - self.report.requests, end - time.monotonic())

    def _schema(self, path: str) -> Any:
        config = schemathesis.Config.from_dict(CONFIGURED)
        return schemathesis.openapi.from_wsgi(path, self.application, config=config)

    def follow(self, documents: list[str], requests: int, seconds: float) -> Report:
        """Chains along the links, until so many more requests were sent or the time is over."""
        end, wanted = time.monotonic() + seconds, self.report.requests + requests
        if seconds <= 0:
            return self.report
        chains = [self._chain(self._schema(path)) for path in documents]
        examples = min(ROUND_OF_CHAINS, max(1, requests // (STEPS * len(chains))))
        while self.report.requests < wanted and time.monotonic() < end:
            for chain in chains:
                seed(self.chance.randrange(2**32))(chain)
                chain.run(settings=generating(examples, stateful_step_count=STEPS))
                if time.monotonic() > end:
                    break
        return self.report

    def _chain(self, schema: Any) -> Any:
        fuzzer = self

        class Chain(schema.as_state_machine()):  # type: ignore[misc]  # made at run time
            """A scenario; what is wrong with an answer is noted and does not end it."""

            def call(self, case: Case, **_kwargs: Any) -> Any:
                sensible(case, fuzzer.chance)
                return fuzzer.answered(case, "linked")

            def validate_response(self, *_args: Any, **_kwargs: Any) -> None:
                """It has been judged."""

        return Chain

    def _send(self, operation: Any, mode: GenerationMode, examples: int) -> None:
        @seed(self.chance.randrange(2**32))
        @generating(examples)
        @given(case=operation.as_strategy(generation_mode=mode))
        def send(case: Case) -> None:
            self._judge(case, mode)

        send()

    def _judge(self, case: Case, mode: GenerationMode) -> None:
        collection = case.operation.path.split("/{")[0]
        known = self.ids[collection]
        if "id" in case.path_parameters and known and self.chance.random() < KNOWN_IDS:
            case.path_parameters["id"] = self.chance.choice(known)
        if mode is GenerationMode.POSITIVE:
            sensible(case, self.chance)
        response = self.answered(case, mode.value)
        if response.status_code == 201:
            known.append(response.json().get("id", ""))
            del known[:-20]

    def answered(self, case: Case, kind: str) -> Any:
        """What the product answers, counted and judged."""
        response = case.call(headers={"Authorization": f"Bearer {self.key}"})
        name = f"{case.method} {case.operation.full_path} ({kind})"
        self.report.answers[name][response.status_code] += 1
        if fault := fault_of(case, response):
            self.report.faults.setdefault(f"{name}: {response.status_code} {fault}", case.as_curl_command())
        return response


def generating(examples: int, **further: Any) -> settings:
    """So many examples, however long they take, none of them kept or repeated."""
    return settings(
        max_examples=examples,
        database=None,
        deadline=None,
        derandomize=False,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **further,
    )


def sensible(case: Case, chance: random.Random) -> None:
    """Turn what the schema allows into what a client could mean, most of the time."""
    for name in [*case.query] if case.query else ():
        if name in CURSORS or (len(case.query) > 3 and chance.random() < 0.7):
            del case.query[name]
        elif name in EXPRESSIONS and chance.random() < 0.8:
            case.query[name] = chance.choice(EXPRESSIONS[name])
    if isinstance(case.body, dict | list):
        case.body = rounded(case.body)


def rounded(value: Any) -> Any:
    """The value with numbers that fit numeric(20,6)."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return round(value % 1_000_000, 2)
    return value % 2**31 if isinstance(value, int) and not isinstance(value, bool) else value


def fault_of(case: Case, response: Any) -> str:
    """What is wrong with an answer; empty when nothing is."""
    if response.status_code >= 500 and response.status_code != 501:
        return f"is a failure: {response.json().get('code', '')}"
    # A part of a resource lacks members that the whole must have, as the document says.
    whole = not (case.query and "fields" in case.query)
    try:
        case.validate_response(response, checks=CHECKS if whole else CHECKS[:-1])
    except FailureGroup as group:
        return "; ".join(" ".join(str(failure).split()) for failure in group.exceptions)[:MOST_OF_FAULT]
    return ""
