"""Load from one process over a few kept-open connections: wrk where it is installed, else a small one of ours."""

import asyncio
import contextlib
import json
import random
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from string import Template
from urllib.parse import quote, urlsplit

WRK = shutil.which("wrk")
NAME = "wrk" if WRK else "asyncio sockets"
LIST = "/tmf-api/usageManagement/v4/usage"
SCRIPT = Template((Path(__file__).parent / "requests.lua").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Load:
    """One kind of work: its method, the paths and bodies to choose from, and what each answer must be."""

    name: str
    method: str
    status: int
    paths: tuple[str, ...]
    bodies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """Requests answered per second, the 99th percentile in milliseconds, and how many went wrong."""

    rate: float
    p99: float
    errors: int


def loads(ids: list[str], wanted: dict[str, str], bodies: list[dict]) -> tuple[Load, ...]:
    """The three kinds of work: one by id, a filtered list, and posting one."""
    query = "&".join(f"{name}={quote(value)}" for name, value in wanted.items())
    return (
        Load("GET by id", "GET", 200, tuple(f"{LIST}/{key}" for key in ids)),
        Load("list of 100", "GET", 200, (f"{LIST}?{query}",)),
        Load("POST one", "POST", 201, (LIST,), tuple(json.dumps(body) for body in bodies)),
    )


def measure(
    url: str, load: Load, headers: dict[str, str], *, seconds: float, connections: int, directory: Path
) -> Measured:
    """What the server at the URL (on this machine) does with the load for so long."""
    if urlsplit(url).hostname != "127.0.0.1":
        raise ValueError("Load goes to this machine only.")
    if WRK:
        return _by_wrk(url, load, headers, seconds, connections, directory)
    return asyncio.run(_by_sockets(url, load, headers, seconds, connections))


def _by_wrk(url: str, load: Load, headers: dict[str, str], seconds: float, connections: int, directory: Path):
    script = directory / f"{load.name.replace(' ', '-')}.lua"
    if not script.exists():
        script.write_text(_script(load, directory), encoding="utf-8")
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    # wrk takes whole seconds.
    duration = f"{max(1, round(seconds))}s"
    command = [str(WRK), "-t1", f"-c{connections}", f"-d{duration}", "-s", str(script), *given, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=seconds + 60)
    told = json.loads(done.stdout.rpartition("RESULT ")[2])
    return Measured(told["requests"] / told["seconds"], told["p99"], told["errors"])


def _script(load: Load, directory: Path) -> str:
    stem = directory / load.name.replace(" ", "-")
    paths, bodies = stem.with_suffix(".paths"), stem.with_suffix(".bodies")
    paths.write_text("\n".join(load.paths), encoding="utf-8")
    bodies.write_text("\n".join(load.bodies), encoding="utf-8")
    return SCRIPT.substitute(method=load.method, paths=paths, bodies=bodies)


async def _by_sockets(url: str, load: Load, headers: dict[str, str], seconds: float, connections: int) -> Measured:
    until = time.perf_counter() + seconds
    started = time.perf_counter()
    lanes = [_lane(url, load, headers, until, random.Random(seed)) for seed in range(connections)]
    told = [each for lane in await asyncio.gather(*lanes) for each in lane]
    spent = time.perf_counter() - started
    times = sorted(milliseconds for milliseconds, _ in told)
    errors = sum(status != load.status for _, status in told)
    return Measured(len(told) / spent, times[int(len(times) * 0.99)] if times else 0.0, errors)


async def _lane(
    url: str, load: Load, headers: dict[str, str], until: float, chance: random.Random
) -> list[tuple[float, int]]:
    """Milliseconds and status of one request after the other; status 0 where the connection broke."""
    target, told = urlsplit(url), []
    while time.perf_counter() < until:
        try:
            reader, writer = await asyncio.open_connection(target.hostname, target.port, limit=2**24)
            with contextlib.closing(writer):
                stays = True
                while stays and (sent := time.perf_counter()) < until:
                    writer.write(_request(target.netloc, load, headers, chance))
                    status, stays = await asyncio.wait_for(_answer(reader), 30)
                    told.append(((time.perf_counter() - sent) * 1000, status))
        except (OSError, EOFError, TimeoutError, ValueError):
            told.append((0.0, 0))
            await asyncio.sleep(0.01)
    return told


def _request(host: str, load: Load, headers: dict[str, str], chance: random.Random) -> bytes:
    body = chance.choice(load.bodies).encode() if load.bodies else b""
    lines = [f"{load.method} {chance.choice(load.paths)} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if load.bodies:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    """The status, and whether the connection may be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = head.partition("content-length:")[2].partition("\r\n")[0].strip()
    await reader.readexactly(int(length))
    return int(head.split(" ", 2)[1]), head.startswith("http/1.1") and "connection: close" not in head
