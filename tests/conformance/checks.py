"""The assertions: each function gives a check, and a check yields one assertion per thing it looked at."""

import json
from collections.abc import Iterator
from typing import Any

from tests.conformance.client import Exchange
from tests.conformance.suite import Assertion, Check, Memory

MISSING = object()


def shown(value: Any) -> str:
    """A value as a report may show it: short, on one line."""
    text = "nothing" if value is MISSING else value if isinstance(value, str) else json.dumps(value, default=str)
    text = " ".join(text.split())
    return text if len(text) <= 160 else text[:157] + "…"


def status(*expected: int) -> Check:
    """The status code is one of these."""
    title = "Status code is " + " or ".join(map(str, expected))

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        found = exchange.error or f"{exchange.status} {shown(exchange.body[:160].decode(errors='replace'))}"
        yield Assertion(title, exchange.status in expected, found)

    return check


def mandatory(*names: str) -> Check:
    """Every resource in the body has all of these attributes."""

    def test(item: dict[str, Any]) -> tuple[bool, str]:
        lacking = [name for name in names if name not in item]
        return not lacking, f"without {', '.join(lacking)}: {shown(item)}"

    return _per_item("Instance has all mandatory attributes", test)


def has(name: str) -> Check:
    """Every resource in the body has the attribute."""
    return _per_item(f"Response has {name} attribute", lambda item: (name in item, shown(item)))


def holds(name: str) -> Check:
    """Every resource in the body has a value in the attribute."""
    empty = (None, "", [], {})
    return _per_item(f"Body includes value held on {name}", lambda item: (item.get(name) not in empty, shown(item)))


def is_kept(name: str, kept: str) -> Check:
    """A resource in the body has the same value in the attribute as the one that was created."""

    def check(exchange: Exchange, memory: Memory) -> Iterator[Assertion]:
        wanted = memory[kept].get(name, MISSING)
        values = [item.get(name, MISSING) for item in exchange.items if item.get("id") == memory[kept].get("id")]
        found = f"{len(exchange.items)} resources without it" if not values else shown(values[0])
        yield Assertion(f"{name} is {shown(wanted)}", wanted is not MISSING and wanted in values, found)

    return check


def only(*names: str) -> Check:
    """Every resource in the body has these attributes and no other."""

    def test(item: dict[str, Any]) -> tuple[bool, str]:
        return set(names) <= set(item) <= {*names, "@type"}, shown(sorted(item))

    return _per_item(f"Only {', '.join(names)} selected", test)


def each_is(name: str, value: Any) -> Check:
    """Every resource in the body has this value; a dotted name looks into objects and lists."""
    return _per_item(f"{name} is {shown(value)}", lambda item: (value in _reach(item, name.split(".")), shown(item)))


def lacks(name: str) -> Check:
    """No resource in the body has the attribute."""
    return _per_item(f"No {name} attribute", lambda item: (name not in item, shown(item.get(name))))


def header(name: str, containing: str = "") -> Check:
    """The answer has the header, with this text in it."""
    title = f"{name} header contains {containing}" if containing else f"{name} header is present"

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        value = exchange.header(name)
        yield Assertion(title, bool(value) and containing.lower() in value.lower(), value or "no such header")

    return check


def location_is_href() -> Check:
    """The Location header is the href of what was created."""

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        href = exchange.items[0].get("href", "") if exchange.items else ""
        location = exchange.header("Location")
        yield Assertion("Location header is the href", bool(href) and href == location, location or "no such header")

    return check


def counted(at_least: int = 0) -> Check:
    """X-Result-Count is the number of items, X-Total-Count a number not below it."""

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        result, total = exchange.header("X-Result-Count"), exchange.header("X-Total-Count")
        yield Assertion("X-Result-Count is the number of items", result == str(len(exchange.items)), result)
        enough = total.isdigit() and int(total) >= max(at_least, len(exchange.items))
        yield Assertion("X-Total-Count is the number of all", enough, total or "no such header")

    return check


def number_of_items(count: int) -> Check:
    """The body is a list of this many items."""

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        body = exchange.json
        found = len(body) if isinstance(body, list) else MISSING
        yield Assertion(f"List has {count} item(s)", found == count, shown(found))

    return check


def error_body() -> Check:
    """The body is TM Forum's Error: code and reason as strings, status as in the status line."""

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        body = exchange.json if isinstance(exchange.json, dict) else {}
        for name in ("code", "reason"):
            value = body.get(name, MISSING)
            yield Assertion(f"Error has {name}", isinstance(value, str) and bool(value), shown(value))
        given = body.get("status", str(exchange.status))
        yield Assertion("Error repeats the status", given == str(exchange.status), shown(given))
        kind = exchange.header("Content-Type")
        yield Assertion("Error is JSON", kind.startswith("application/json"), kind or "no such header")

    return check


def mentions(text: str) -> Check:
    """The body contains this text."""

    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        body = exchange.body.decode(errors="replace")
        yield Assertion(f"Body mentions {text}", text in body, shown(body))

    return check


def _per_item(title: str, test) -> Check:
    def check(exchange: Exchange, _memory: Memory) -> Iterator[Assertion]:
        body = exchange.json
        if not isinstance(body, list | dict):
            yield Assertion(title, False, "the body is not a JSON object or list")
            return
        for item in body if isinstance(body, list) else [body]:
            passed, found = test(item) if isinstance(item, dict) else (False, shown(item))
            yield Assertion(title, passed, found)

    return check


def _reach(value: Any, names: list[str]) -> list[Any]:
    if isinstance(value, list):
        return [found for item in value for found in _reach(item, names)]
    if not names:
        return [value]
    return _reach(value[names[0]], names[1:]) if isinstance(value, dict) and names[0] in value else []
