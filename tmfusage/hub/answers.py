"""What a listener's answer says beyond its status, read with the patience that an unknown server deserves."""

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import HttpProcessingError

# Head and body that are parsed at most: a flood would keep the loop from every other listener.
PARSED_BYTES = 65_536
# Enough for a person to see what went wrong there.
ANSWER_BYTES = 4096
# The status says whether the event arrived; the rest of the answer is worth a moment, not the whole deadline.
ANSWER_SECONDS = 2.0

INSTRUCTION = "webhook-delivery"
INSTRUCTIONS = frozenset({"disable", "abort-message"})


class BoundedAnswer(ResponseHandler):
    """A connection's protocol that parses only so much of an answer, interim answers (1xx) included."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.begin()

    def begin(self) -> None:
        """Make room for another answer."""
        self._room, self._has_status = PARSED_BYTES, False

    @property
    def silent(self) -> bool:
        """Whether nothing of the answer has come."""
        return self._room == PARSED_BYTES

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Take a parsed head."""
        self._has_status = self._has_status or not 100 <= data[0].code <= 199
        super().feed_data(data, size)

    def data_received(self, data: bytes) -> None:
        """Parse what there is room for, and read no further when it is used up."""
        taken = data[: self._room]
        self._room -= len(taken)
        if taken or not data:
            super().data_received(taken)
        if self._room == 0 and self.transport:
            self.force_close()
            self.transport.pause_reading()
            if not self._has_status:
                self.set_exception(HttpProcessingError(message="no status within the limit"))
                self.transport.abort()


async def read_answer(response: aiohttp.ClientResponse, end: float) -> bytes:
    """The first bytes of the body, and what came of them in time; the connection is kept only after a whole answer."""
    answer = bytearray()
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout_at(min(end, asyncio.get_running_loop().time() + ANSWER_SECONDS)):
            while len(answer) <= ANSWER_BYTES and (more := await response.content.read(ANSWER_BYTES + 1 - len(answer))):
                answer += more
    if response.content.at_eof():
        response.release()
    else:
        response.close()
    return bytes(answer[:ANSWER_BYTES])


def instruction_of(headers: Mapping[str, str]) -> str:
    """What the listener asks for: to be disabled, or not to be sent this event again."""
    asked = headers.get(INSTRUCTION, "").strip().lower()
    return asked if asked in INSTRUCTIONS else ""


def retry_after_of(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that `Retry-After` asks for, as a number or as a date."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit() and len(asked) <= 9:
        return float(asked)
    try:
        moment = parsedate_to_datetime(asked)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None
