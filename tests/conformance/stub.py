"""A small TMF635 server in memory to try the suite on: compliant, and made wrong by its subclasses."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIRequestHandler, make_server

BASE = "/tmf-api/usageManagement/v4"
KEY = "the-stub-knows-one-key"
MANDATORY = {"usage": "usageSpecification", "usageSpecification": "name"}
NEXT = {"received": ("guided",), "guided": ("rejected",), "rejected": ("recycled",)}
STATUSES = ("received", "rejected", "recycled", "guided", "rated", "rerated", "billed")
KNOWN = ("usageSpecification.id", "usageType", "version", "isBundle", "id", "name")
Answer = tuple[int, Any, dict[str, str]]


class Refused(Exception):
    """An answer in TM Forum's Error shape."""

    def __init__(self, status: int, message: str = "", **headers: str):
        body = {"code": str(status), "reason": "Refused", "message": message, "status": str(status)}
        self.answer: Answer = (status, body, headers)


class Stub:
    """Keeps to TMF635 as far as the suite looks."""

    def __init__(self):
        self.stored: dict[str, dict[str, dict[str, Any]]] = {"usage": {}, "usageSpecification": {}}
        self.host = ""

    def __call__(self, environ, start_response):
        try:
            status, body, headers = self.answer(environ)
        except Refused as refusal:
            status, body, headers = refusal.answer
        content = b"" if body is None else self.dump(body)
        start_response(f"{status} Stub", [("Content-Type", "application/json"), *headers.items()])
        return [content]

    def answer(self, environ) -> Answer:
        """What the request leads to."""
        self.host = f"http://{environ['HTTP_HOST']}"
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer {KEY}":
            raise Refused(401, **{"WWW-Authenticate": "Bearer"})
        if environ.get("HTTP_ACCEPT") != "application/json":
            raise Refused(406)
        names = environ["PATH_INFO"].removeprefix(BASE).strip("/").split("/")
        if names == [""]:
            return 200, {}, {}
        if names[0] not in self.stored:
            raise Refused(404)
        known = {"POST": self.create, "GET": self.list} if len(names) == 1 else {}
        known |= {"GET": self.get, "PATCH": self.patch, "DELETE": self.delete} if len(names) == 2 else {}
        if environ["REQUEST_METHOD"] not in known:
            raise Refused(405, Allow=", ".join(known))
        return known[environ["REQUEST_METHOD"]](environ, *names)

    def get(self, environ, kind: str, key: str) -> Answer:
        """One resource."""
        return 200, self.find(kind, key), {}

    def find(self, kind: str, key: str) -> dict[str, Any]:
        """The stored resource."""
        if key not in self.stored[kind]:
            raise Refused(404)
        return self.stored[kind][key]

    def create(self, environ, kind: str) -> Answer:
        """A new resource."""
        resource = self.body(environ, kind)
        key = f"{kind}-{len(self.stored[kind])}+1"
        status = {"status": "received"} if kind == "usage" else {}
        href = f"{self.host}{BASE}/{kind}/{key}"
        self.stored[kind][key] = resource = {"id": key, "href": href, **status, **resource}
        return 201, resource, {"Location": href}

    def body(self, environ, kind: str) -> dict[str, Any]:
        """The valid body of a POST."""
        body = self.parsed(environ)
        if MANDATORY[kind] not in body:
            raise Refused(400, MANDATORY[kind])
        if kind == "usage":
            self.govern(body)
        return body

    def govern(self, usage: dict[str, Any]) -> None:
        """Refuses a usage that breaks its specification."""
        if usage["usageSpecification"]["id"] not in self.stored["usageSpecification"]:
            return
        values = {item["name"]: item["value"] for item in usage["usageCharacteristic"]}
        wrong = [] if 0 <= values.get("duration", -1) <= 86400 else ["duration"]
        wrong += [] if values.get("unit", "SEC") == "SEC" else ["unit"]
        if wrong:
            raise Refused(400, ", ".join(wrong))

    def parsed(self, environ) -> Any:
        """The JSON of the request, strictly."""
        if environ["CONTENT_TYPE"] not in ("application/json", "application/merge-patch+json"):
            raise Refused(415)
        text = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0))
        try:
            return json.loads(text, parse_float=self.number, parse_constant=int, object_pairs_hook=_once)
        except ValueError as problem:
            raise Refused(400, str(problem)) from problem

    number = Decimal

    def dump(self, body: Any) -> bytes:
        """The body as bytes, its numbers to the last digit."""
        text = json.dumps(body, default=lambda number: f"exactly {number}")
        return re.sub(r'"exactly ([^"]+)"', r"\1", text).encode()

    def patch(self, environ, kind: str, key: str) -> Answer:
        """A merge-patched resource."""
        resource, changes = self.find(kind, key), self.parsed(environ)
        if not isinstance(changes, dict) or changes.get("id", key) != key:
            raise Refused(400)
        if changes.get(MANDATORY[kind], "kept") is None:
            raise Refused(400)
        self.move(resource, changes.get("status"))
        resource |= changes
        for name in [name for name, value in changes.items() if value is None]:
            del resource[name]
        return 200, resource, {}

    def move(self, resource: dict[str, Any], status: str | None) -> None:
        """Refuses an illegal change of status."""
        if status in (None, resource.get("status")):
            return
        if status not in STATUSES:
            raise Refused(400)
        if status not in NEXT.get(resource["status"], ()):
            raise Refused(409)

    def delete(self, environ, kind: str, key: str) -> Answer:
        """Nothing: the resource is gone."""
        resource = self.find(kind, key)
        used = [usage["usageSpecification"]["id"] for usage in self.stored["usage"].values()]
        if resource["id"] in used:
            raise Refused(409)
        del self.stored[kind][key]
        return 204, None, {}

    def list(self, environ, kind: str) -> Answer:
        """A page of resources, newest first."""
        asked = dict(parse_qsl(environ["QUERY_STRING"]))
        fields, offset, limit = asked.pop("fields", None), *_page(asked)
        unknown = set(asked) - set(KNOWN)
        if unknown:
            raise Refused(400, ", ".join(unknown))
        found = [item for item in reversed(self.stored[kind].values()) if self.matches(item, asked)]
        page = found[offset : None if limit is None else offset + limit]
        links = ['<http://next>; rel="next"'] * (len(page) + offset < len(found))
        links += ['<http://prev>; rel="prev"'] * bool(offset)
        partial = limit is not None and len(page) < len(found)
        counts = {
            "X-Total-Count": str(len(found)),
            "X-Result-Count": str(len(page)),
            "Link": ", ".join(links),
        }
        return 206 if partial else 200, [self.select(item, fields) for item in page], counts

    def matches(self, item: dict[str, Any], asked: dict[str, str]) -> bool:
        """Whether the item has what was asked for."""
        return all(_text(_value(item, name)) == value for name, value in asked.items())

    def select(self, item: dict[str, Any], fields: str | None) -> dict[str, Any]:
        """The selected attributes of an item."""
        kept = {"id", "href", *(fields or "").split(",")}
        return item if fields is None else {name: value for name, value in item.items() if name in kept}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name is given twice")
    return dict(pairs)


def _page(asked: dict[str, str]) -> tuple[int, int | None]:
    offset, limit = asked.pop("offset", "0"), asked.pop("limit", None)
    if not offset.isdigit() or not (limit or "0").isdigit():
        raise Refused(400)
    return int(offset), None if limit is None else int(limit)


def _value(item: dict[str, Any], name: str) -> Any:
    for part in name.split("."):
        item = item.get(part, {})
    return item


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        """Says nothing."""


@contextmanager
def serving(application) -> Iterator[str]:
    """The URL at which the application answers, on a free port of this machine, for a while."""
    server = make_server("127.0.0.1", 0, application, handler_class=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
