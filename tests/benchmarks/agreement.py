"""Before anything is measured: the applications must answer the same, and ours must guard what it answers."""

import json
from collections.abc import Iterable
from typing import Any

from tests.benchmarks.generator import Load
from tests.conformance.client import Client

SAMPLES = 5


class Disagreement(Exception):
    """Two applications answer differently, so that comparing their speed would mean nothing."""


def check_agreement(urls: dict[str, str], works: Iterable[Load], keys: dict[str, str]) -> None:
    """Return when every application gives the same status and data for samples of all work."""
    clients = {name: Client(url, keys.get(name, "")) for name, url in urls.items()}
    for work in works:
        for path, body in _samples(work):
            answers = {name: _answer(client, work, path, body) for name, client in clients.items()}
            first, *others = answers
            for other in others:
                if answers[other] != answers[first]:
                    raise Disagreement(_told(work, path, first, other, answers))


def check_guarded(url: str, key: str, work: Load) -> None:
    """Return when this application refuses a caller without a key, and a usage that breaks its specification."""
    path, broken = work.paths[0], {**json.loads(work.bodies[0]), "usageCharacteristic": []}
    for client, wanted in ((Client(url), 401), (Client(url, key), 400)):
        found = client.send("POST", path, body=broken).status
        if found != wanted:
            raise Disagreement(
                f"POST of a broken usage answers {found}, not {wanted}: authentication or validation is off"
            )


def _samples(work: Load) -> Iterable[tuple[str, str | None]]:
    bodies = work.bodies[:SAMPLES] or (None,) * min(SAMPLES, len(work.paths))
    return [(work.paths[number % len(work.paths)], body) for number, body in enumerate(bodies)]


def _answer(client: Client, work: Load, path: str, body: str | None) -> tuple[Any, ...]:
    exchange = client.send(work.method, path, body=body)
    if exchange.status != work.status:
        raise Disagreement(
            f"{client.base}: {work.name} answers {exchange.status} {exchange.error} {exchange.body[:300]!r}"
        )
    created = work.method == "POST"
    if created:
        stored = client.send("GET", f"{path}/{exchange.items[0]['id']}")
        if stored.items != exchange.items:
            raise Disagreement(f"{client.base}: what was posted is not what is stored")
    counts = (exchange.header("X-Total-Count"), exchange.header("X-Result-Count"))
    return counts, [_comparable(item, created) for item in exchange.items]


def _comparable(item: dict[str, Any], created: bool) -> dict[str, Any]:
    own = {"href", "id"} if created else {"href"}
    return {name: value for name, value in item.items() if name not in own}


def _told(work: Load, path: str, first: str, other: str, answers: dict[str, Any]) -> str:
    """Which application says what about the first attribute that differs."""
    (counts, items), (other_counts, other_items) = answers[first], answers[other]
    told = f"{work.name} {path}: {first} and {other} differ: "
    if counts != other_counts or len(items) != len(other_items):
        return f"{told}{counts} and {other_counts}, {len(items)} and {len(other_items)} items"
    one, two = next(pair for pair in zip(items, other_items, strict=True) if pair[0] != pair[1])
    name = next(name for name in sorted({*one, *two}) if one.get(name) != two.get(name))
    return f"{told}{name} is {one.get(name)!r} and {two.get(name)!r}"
