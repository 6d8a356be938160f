"""Pages of a collection: offset and limit, cursors, counts, links, 200 or 206 (TMF630 Part 1 §4.5)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from tmfusage.tmf.keyset import Cursor, Position, read, sign
from tmfusage.tmf.refusals import invalid_query
from tmfusage.tmf.sorting import Order

# Servers and proxies refuse headers above 8 KiB in all.
MAX_QUERY = 2_048
MAX_LINK = 6_000
MAX_OFFSET = 2**31
WINDOW = ("offset", "limit", "after", "before")
RELATIONS = ("self", "first", "prev", "next", "last")


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the collection is wanted; `asked` tells whether the client asked for a part."""

    offset: int
    limit: int
    asked: bool
    after: str = ""
    before: str = ""

    @classmethod
    def of(cls, controls: dict[str, str]) -> "Page":
        """The page the control parameters name; a limit above the maximum is lowered to it."""
        named = [name for name in ("offset", "after", "before") if name in controls]
        if len(named) > 1:
            raise invalid_query(f"{' and '.join(named)} exclude each other.")
        offset = _number(controls, "offset", 0)
        limit = min(_number(controls, "limit", settings.API_PAGE_SIZE), settings.API_MAX_PAGE_SIZE)
        if not controls.get("after", "-") or not controls.get("before", "-"):
            raise invalid_query("A cursor is empty.")
        asked = bool(named) or "limit" in controls
        return cls(min(offset, MAX_OFFSET), limit, asked, controls.get("after", ""), controls.get("before", ""))

    def cursor(self, collection: str, order: Order) -> Cursor | None:
        """The cursor that was sent, if any; 400 when it is not valid for this collection in this order."""
        text = self.after or self.before
        return read(text, collection, order, before=bool(self.before)) if text else None

    def status(self, found: int, total: int) -> int:
        """206 when the client asked for a part and this is not the whole, else 200."""
        return 206 if self.asked and found < total and settings.API_PARTIAL_CONTENT else 200


def _number(controls: dict[str, str], name: str, otherwise: int) -> int:
    text = controls.get(name)
    if text is None:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise invalid_query(f"{name} is a number from 0 up, found {text[:40]!r}.")
    return int(text)


@dataclass(frozen=True, slots=True)
class Around:
    """Where a page lies: the positions of its first and last row, and whether there are rows before and behind."""

    collection: str
    order: Order
    page: Page
    first: Position | None
    last: Position | None
    earlier: bool
    later: bool
    # The number of all rows, when it is known exactly.
    total: int | None

    def windows(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Each relation with the parameters that lead there."""
        page, limit = self.page, self.page.limit
        yield (
            "self",
            {name: value for name, value in (("after", page.after), ("before", page.before)) if value}
            or {"offset": page.offset},
        )
        yield "first", {"offset": 0}
        if self.earlier:
            yield "prev", self._at("before", self.first, max(0, page.offset - limit))
        if self.later:
            yield "next", self._at("after", self.last, page.offset + limit)
        if self.total is not None and not (page.after or page.before):
            yield "last", {"offset": max(0, (self.total - 1) // limit * limit)}
        else:
            yield "last", {"before": sign(self.collection, self.order, None)}

    def _at(self, name: str, position: Position | None, offset: int) -> dict[str, object]:
        """The cursor; where keys are too long for one the offset, which cursors do not know."""
        text = sign(self.collection, self.order, position)
        return {name: text} if text else {} if self.page.after or self.page.before else {"offset": offset}


def computed_page(controls: dict[str, str]) -> Page:
    """The page of what is computed for each request; 400 for an order and for cursors, which it cannot have."""
    if refused := [name for name in ("sort", "after", "before") if name in controls]:
        told = f"What is computed for each request takes no {' and no '.join(refused)}"
        raise invalid_query(f"{told}: it comes in an order of its own, page by page with offset and limit.")
    return Page.of(controls)


@dataclass(frozen=True, slots=True)
class AroundComputed:
    """Where a page lies of what is computed for each request: it has no place that a cursor could mark."""

    page: Page
    total: int

    def windows(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Each relation with the offset that leads there."""
        offset, limit = self.page.offset, self.page.limit
        yield "self", {"offset": offset}
        yield "first", {"offset": 0}
        if offset:
            yield "prev", {"offset": max(0, offset - limit)}
        if offset + limit < self.total:
            yield "next", {"offset": offset + limit}
        yield "last", {"offset": max(0, (self.total - 1) // limit * limit)}


def links(url: str, query_string: str, around: Around | AroundComputed) -> str:
    """The Link header (RFC 8288) with self, first, prev, next and last; fewer of them where it would be too long."""
    limit = around.page.limit
    kept = "&".join(part for part in query_string.split("&") if part and part.partition("=")[0] not in WINDOW)
    kept = quote(kept, safe="!$&'()*+,;=:@/?%-._~[]")
    if len(url) + len(kept) > MAX_QUERY or limit == 0:
        return ""
    found = {relation: _link(url, kept, window, limit, relation) for relation, window in around.windows() if window}
    for spare in ("last", "first", "self", "prev"):
        if sum(map(len, found.values())) > MAX_LINK:
            found.pop(spare, None)
    return ", ".join(found[relation] for relation in RELATIONS if relation in found)


def _link(url: str, kept: str, window: Mapping[str, object], limit: int, relation: str) -> str:
    # Cursors and numbers need no encoding.
    tail = "&".join(f"{name}={value}" for name, value in {**window, "limit": limit}.items())
    return f'<{url}?{kept}&{tail}>; rel="{relation}"' if kept else f'<{url}?{tail}>; rel="{relation}"'
