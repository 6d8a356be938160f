"""Runs a suite against a server, in order, and leaves nothing behind that it created."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.conformance.client import Client, Exchange, escaped
from tests.conformance.suite import Assertion, Check, Memory, Outcome, Request, Suite


def run(suite: Suite, client: Client, *, beyond: bool = True) -> list[Outcome]:
    """The outcome of each request of the suite; what it created is deleted even where it fails half-way."""
    running = _Run(client, beyond)
    try:
        return [running.perform(request) for request in suite.kit + (suite.beyond if beyond else ())]
    finally:
        running.clean_up()


class _Escaped(dict):
    """Kept resources, whose values are escaped when a path names them."""

    def __getitem__(self, name: str) -> dict[str, str]:
        return {key: escaped(value) for key, value in super().__getitem__(name).items()}


@dataclass
class _Run:
    """One run: what was kept for later requests, and which paths are still to be deleted."""

    client: Client
    beyond: bool
    memory: Memory = field(default_factory=dict)
    created: list[str] = field(default_factory=list)
    lacking: set[str] = field(default_factory=set)

    def perform(self, request: Request) -> Outcome:
        """The outcome of one request, or of not being able to send it."""
        if request.needs in self.lacking:
            return self._skipped(request, Exchange(request.method, self.client.base + request.path, error="not sent"))
        try:
            path, body = request.path.format_map(_Escaped(self.memory)), request.body_for(self.memory)
        except KeyError as missing:
            told = f"nothing was created as {missing}"
            exchange = Exchange(request.method, self.client.base + request.path, error=told)
            failed = (Assertion("Request could be sent", False, told),)
            return Outcome(request, exchange, *((failed, ()) if request.checks else ((), failed)))
        exchange = self.client.send(
            request.method, path, body=body, headers=request.headers, anonymous=request.anonymous
        )
        if request.needs and exchange.status == 403:
            self.lacking.add(request.needs)
            return self._skipped(request, exchange)
        self._remember(request, path, exchange)
        more = self._checked(request.beyond, exchange) if self.beyond else ()
        return Outcome(request, exchange, tuple(self._checked(request.checks, exchange)), tuple(more))

    def clean_up(self) -> None:
        """Deletes what the suite's own requests have not."""
        for path in reversed(self.created):
            self.client.send("DELETE", path)

    @staticmethod
    def _skipped(request: Request, exchange: Exchange) -> Outcome:
        return Outcome(request, exchange, skipped=f"the key has no scope {request.needs}")

    def _remember(self, request: Request, path: str, exchange: Exchange) -> None:
        resource = exchange.items[0] if exchange.items else {}
        if request.method == "POST" and exchange.status in (200, 201, 202) and resource.get("id"):
            self.created.append(f"{path}/{escaped(resource['id'])}")
            if request.keep:
                self.memory[request.keep] = resource
        if request.method == "DELETE" and exchange.status in (202, 204) and path in self.created:
            self.created.remove(path)

    def _checked(self, checks: tuple[Check, ...], exchange: Exchange) -> Iterator[Assertion]:
        for check in checks:
            try:
                yield from check(exchange, self.memory)
            except KeyError as missing:
                yield Assertion("Compared with what was created", False, f"nothing was created as {missing}")
