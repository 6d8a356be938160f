"""Pages of a collection: offset and limit, counts, links, 200 or 206 (TMF630 Part 1 §4.5)."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from django.conf import settings

from tmfusage.tmf.refusals import invalid_query

MAX_LINK = 2_048
MAX_OFFSET = 2**31


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of the collection is wanted; `asked` tells whether the client asked for a part."""

    offset: int
    limit: int
    asked: bool

    @classmethod
    def of(cls, controls: dict[str, str]) -> "Page":
        """The page the control parameters name; a limit above the maximum is lowered to it."""
        offset = _number(controls, "offset", 0)
        limit = min(_number(controls, "limit", settings.API_PAGE_SIZE), settings.API_MAX_PAGE_SIZE)
        return cls(min(offset, MAX_OFFSET), limit, "offset" in controls or "limit" in controls)

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


def links(url: str, query_string: str, page: Page, total: int) -> str:
    """The Link header (RFC 8288) with self, first, prev, next and last; empty when it would be too long."""
    kept = "&".join(
        part for part in query_string.split("&") if part.partition("=")[0] not in {"offset", "limit"} and part
    )
    kept = quote(kept, safe="!$&'()*+,;=:@/?%-._~[]")
    if len(url) + len(kept) > MAX_LINK or page.limit == 0:
        return ""
    last = max(0, (total - 1) // page.limit * page.limit) if total else 0
    targets = {"self": page.offset, "first": 0}
    if page.offset > 0:
        targets["prev"] = max(0, page.offset - page.limit)
    if page.offset + page.limit < total:
        targets["next"] = page.offset + page.limit
    targets["last"] = last
    return ", ".join(f'<{_target(url, kept, offset, page.limit)}>; rel="{rel}"' for rel, offset in targets.items())


def _target(url: str, kept: str, offset: int, limit: int) -> str:
    window = urlencode({"offset": offset, "limit": limit})
    return f"{url}?{kept}&{window}" if kept else f"{url}?{window}"
