"""A raw query string in pieces: separators within a JSONPath condition `[?…]` belong to it, encoded or not."""

import re
from urllib.parse import unquote_plus

from django.conf import settings

from tmfusage.tmf.exact import check_text
from tmfusage.tmf.refusals import TmfError, invalid_query

_CONDITION = re.compile(r"(?:\[|%5B)(?:\?|%3F)", re.IGNORECASE)
_MARKS = re.compile(r"(?P<skip>(?:\\|%5C).)|(?P<quote>'|%27|\"|%22)|(?P<open>\[|%5B)|(?P<close>\]|%5D)", re.IGNORECASE)
_HELD = re.compile("\x00([0-9]+)\x00")
_QUOTES = {"%27": "'", "%22": '"'}


class Raw:
    """A query string whose conditions are held back, so that the rest can be split; `decode` puts them in again."""

    def __init__(self, query_string: str):
        if "\x00" in query_string:
            raise invalid_query("A parameter contains the character NUL.")
        self.held: list[str] = []
        self.text = self._hold(query_string)

    def decode(self, piece: str) -> str:
        """The decoded text of a piece; 400 for what is not UTF-8, too long, or nothing that can be stored."""
        piece = _HELD.sub(lambda match: self.held[int(match[1])], piece)
        try:
            decoded = unquote_plus(piece, errors="strict")
        except UnicodeDecodeError as exc:
            raise invalid_query("A parameter is not UTF-8.") from exc
        if len(decoded) > settings.API_MAX_QUERY_VALUE:
            raise invalid_query(f"A value is longer than {settings.API_MAX_QUERY_VALUE} characters.")
        try:
            check_text(decoded)
        except TmfError as exc:
            raise invalid_query(exc.message) from exc
        return decoded

    def _hold(self, text: str) -> str:
        kept, position = [], 0
        while match := _CONDITION.search(text, position):
            end = _end_of_condition(text, match.end())
            if end is None:
                break
            kept += [text[position : match.start()], f"\x00{len(self.held)}\x00"]
            self.held.append(text[match.start() : end])
            position = end
        return "".join([*kept, text[position:]])


def _end_of_condition(text: str, position: int) -> int | None:
    """Behind the bracket that closes the one before the position; None when there is none."""
    depth, quote = 1, None
    while match := _MARKS.search(text, position):
        position = match.end()
        if match["quote"]:
            mark = _QUOTES.get(match["quote"], match["quote"])
            quote = None if quote == mark else quote or mark
        elif match["skip"] or quote:
            continue
        else:
            depth += 1 if match["open"] else -1
            if not depth:
                return position
    return None
