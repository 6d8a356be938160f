"""How tests deliver: one call, and the memory it took."""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tmfusage.hub.delivery import Courier, Message, Outcome, Target
from tmfusage.hub.vault import new_secret

SECRET = new_secret()
BODY = b'{"eventType":"UsageCreateEvent","event":{"usage":{"id":"42"}}}'
MESSAGE = Message("0197-event", "UsageCreateEvent", BODY)


class Names:
    """A name server: each name with the answers it gives in turn, the last one for good."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self._answers = {name.replace("_", "."): list(turns) for name, turns in answers.items()}
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        turns = self._answers[host]
        return turns.pop(0) if len(turns) > 1 else turns[0]


def target(callback: str, **more: Any) -> Target:
    return Target(callback, **{"secrets": (SECRET,), "headers": {}, **more})


def send(callback: str, message: Message = MESSAGE, lookup: Any = None, **more: Any) -> Outcome:
    """One delivery by a courier of its own."""
    return send_all([target(callback, **more)], message, lookup)[0]


def send_all(targets: Sequence[Target], message: Message = MESSAGE, lookup: Any = None) -> list[Outcome]:
    """One delivery after the other by the same courier."""

    async def work() -> list[Outcome]:
        async with Courier(lookup) as courier:
            return [await courier.send(each, message) for each in targets]

    return asyncio.run(work())


def send_at_once(targets: Sequence[Target], message: Message = MESSAGE) -> list[Outcome]:
    """All deliveries at the same time by the same courier."""

    async def work() -> list[Outcome]:
        async with Courier() as courier:
            return await asyncio.gather(*(courier.send(each, message) for each in targets))

    return asyncio.run(work())


class Memory:
    """How far the memory of this process rose at most since the start of the block, in MiB."""

    def __enter__(self) -> "Memory":
        Path("/proc/self/clear_refs").write_text("5")
        self._before = _status("VmRSS")
        return self

    def __exit__(self, *_: object) -> None:
        self.risen = (_status("VmHWM") - self._before) / 1024


def _status(name: str) -> int:
    text = Path(f"/proc/{os.getpid()}/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[1])  # type: ignore[index]
