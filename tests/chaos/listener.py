"""`python -m tests.chaos.listener`: listeners in one process that write down each event they acknowledge.

Prints its ports; a line per acknowledged event goes to the file: port, event id, resource, number, digest of the body.
One event in fifty is refused the first time, so that retries are exercised too.
"""

import asyncio
import hashlib
import json
import sys
import zlib
from pathlib import Path
from typing import TextIO

HEAD_END = b"\r\n\r\n"
ACKNOWLEDGED, REFUSED = (
    f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode() for status in ("201 Created", "500 No")
)


class Listener(asyncio.Protocol):
    """Reads requests, writes them down, answers."""

    def __init__(self, port: int, log: TextIO, refused: set[tuple[int, str]]):
        self.port, self.log, self.refused, self.buffer = port, log, refused, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(HEAD_END)) >= 0:
            lines = self.buffer[:end].decode("latin-1").split("\r\n")[1:]
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            whole = end + 4 + int(headers["content-length"])
            if len(self.buffer) < whole:
                return
            body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
            self.transport.write(self._answer(headers["webhook-id"], body))

    def _answer(self, event_id: str, body: bytes) -> bytes:
        if zlib.crc32(event_id.encode()) % 50 == 0 and (self.port, event_id) not in self.refused:
            self.refused.add((self.port, event_id))
            return REFUSED
        event = json.loads(body)
        usage = event["event"]["usage"]
        same = event["eventId"] == event_id
        digest = hashlib.sha256(body).hexdigest()[:16]
        self.log.write(f"{self.port} {event_id if same else '-'} {usage['id']} {usage['description']} {digest}\n")
        self.log.flush()
        return ACKNOWLEDGED


async def listen(count: int, path: Path) -> None:
    """Until the process is ended."""
    loop, refused = asyncio.get_running_loop(), set[tuple[int, str]]()
    with path.open("a") as log:
        ports = []
        for _ in range(count):
            server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            server.close()
            await loop.create_server(lambda port=port: Listener(port, log, refused), "127.0.0.1", port)
            ports.append(port)
        sys.stdout.write(" ".join(map(str, ports)) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(listen(int(sys.argv[1]), Path(sys.argv[2])))
