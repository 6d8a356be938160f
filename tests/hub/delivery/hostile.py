"""Listeners that misbehave, as real servers on loopback."""

import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

Manner = Callable[["Served"], None]


class Served:
    """One connection of a listener: what came, and what may be sent back."""

    def __init__(self, connection: socket.socket, over: threading.Event, noted: list[bytes]) -> None:
        self.connection, self.over, self._noted = connection, over, noted

    def request(self) -> bytes:
        """A complete request, head and body; empty when the other side has closed."""
        read = b""
        while (end := read.find(b"\r\n\r\n")) < 0 or len(read) < end + 4 + _length(read[:end]):
            more = self.connection.recv(65536)
            if not more:
                return b""
            read += more
        self._noted.append(read)
        return read

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes, every: float = 0.02) -> None:
        for byte in data:
            if self.over.wait(every):
                return
            self.send(bytes([byte]))

    def flood(self, chunk: bytes, total: int) -> None:
        for _ in range(total // len(chunk)):
            if self.over.is_set():
                return
            self.send(chunk)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)


class Hostile:
    """A listening socket, a manner, and what reached it."""

    def __init__(self, manner: Manner, address: str, port: int, context: ssl.SSLContext | None) -> None:
        self._manner, self._context = manner, context
        self._over = threading.Event()
        self._socket = socket.create_server((address, port))
        self.address, self.port = self._socket.getsockname()
        self.connections = 0
        self.requests: list[bytes] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}/listener"

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._over.is_set():
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), ExitStack() as open_sockets:
            open_sockets.enter_context(connection)
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
                open_sockets.enter_context(connection).do_handshake()
            self._manner(Served(connection, self._over, self.requests))

    def close(self) -> None:
        self._over.set()
        # Wakes the thread that waits for connections, which would otherwise take one more.
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextmanager
def hostile(
    manner: Manner, address: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
) -> Iterator[Hostile]:
    """A running listener with this manner."""
    listener = Hostile(manner, address, port, context)
    try:
        yield listener
    finally:
        listener.close()


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def answering(answer: bytes) -> Manner:
    """Answers every request of a connection so."""

    def manner(served: Served) -> None:
        while served.request():
            served.send(answer)

    return manner


def closing_after(answer: bytes) -> Manner:
    """Answers one request so, as if the connection stayed open, and then closes it."""

    def manner(served: Served) -> None:
        if served.request():
            served.send(answer)

    return manner


def never_answers(served: Served) -> None:
    served.request()
    served.over.wait()


def never_reads(served: Served) -> None:
    served.over.wait()


def drips_the_head(served: Served) -> None:
    served.request()
    served.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100)


def drips_the_body(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    served.drip(b"x" * 100_000)


def promises_continuation_forever(served: Served) -> None:
    served.request()
    while not served.over.is_set():
        served.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)


def acknowledges_forever(served: Served) -> None:
    served.request()
    while not served.over.is_set():
        served.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 100)


def answers_after(seconds: float) -> Manner:
    def manner(served: Served) -> None:
        served.request()
        served.over.wait(seconds)
        served.send(OK)

    return manner


GIGABYTE = 1 << 30


def sends_a_gigabyte(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE)
    served.flood(b"x" * 65536, GIGABYTE)


def sends_a_gigabyte_in_chunks(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    served.flood(b"10000\r\n" + b"x" * 65536 + b"\r\n", GIGABYTE)


def sends_a_gigabyte_of_tiny_chunks(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    served.flood(b"1\r\nx\r\n" * 10_000, GIGABYTE)


def sends_a_gigabyte_in_one_header(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    served.flood(b"x" * 65536, GIGABYTE)


def sends_a_gigabyte_without_a_line_end(served: Served) -> None:
    served.request()
    served.flood(b"x" * 65536, GIGABYTE)


def bomb(mebibytes: int) -> bytes:
    """So many mebibytes of nothing, packed piece by piece."""
    packer, piece = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(mebibytes)) + packer.flush()


def sends_a_bomb(served: Served) -> None:
    served.request()
    packed = bomb(100)
    served.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


def sends_many_headers(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n")


def speaks_another_protocol(served: Served) -> None:
    served.send(b"SSH-2.0-OpenSSH_9.2\r\n")
    served.request()


def resets(served: Served) -> None:
    served.request()
    served.reset()


def resets_within_the_answer(served: Served) -> None:
    served.request()
    served.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    time.sleep(0.1)
    served.reset()


def closes_at_once(served: Served) -> None:
    served.connection.close()
