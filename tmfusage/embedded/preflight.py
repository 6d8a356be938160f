"""What the machine must have before anything is started; each lack is one line that says how to mend it."""

import errno
import fcntl
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.stopping import Stopping

NEEDED_BYTES = 500 * 1024 * 1024
STOPPING = "stopping"
WAIT_FOR_STOPPING_SECONDS = 20


def port_of(environment: Mapping[str, str]) -> int:
    """The port of PORT."""
    given = environment.get("PORT") or "8000"
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise CannotStart(f"PORT is {given!r}, which is no port: take a number from 1 to 65535, PORT=8000 make run.")
    return int(given)


def check_directory(data: Path) -> None:
    """DATA exists and takes files."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data):
            pass
    except OSError as exc:
        if exc.errno == errno.ENOSPC:
            raise CannotStart(_full(data, 0)) from exc
        raise CannotStart(
            f"DATA ({data}) cannot be written ({exc.strerror}): "
            "choose a directory of yours, DATA=$HOME/tmfusage make run."
        ) from exc


def check_room(directory: Path) -> None:
    """The disk has room."""
    free = shutil.disk_usage(directory).free
    if free < NEEDED_BYTES:
        raise CannotStart(_full(directory, free))


def check_port(host: str, port: int) -> None:
    """Nobody listens at the port, and we may."""
    try:
        (family, _, _, _, address), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise CannotStart(f"HOST is {host!r}, which is no address of this machine: HOST=127.0.0.1 make run.") from exc
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
            probe.listen(1)
        except OSError as exc:
            raise CannotStart(_refused(host, port, exc)) from exc


def take_lock(data: Path, stopping: Stopping, say: Callable[[str], None]) -> IO[str]:
    """The lock on DATA, ours until this process ends however it ends; one who is just stopping is waited for."""
    file = (data / "launcher.lock").open("a+")
    deadline, told = time.monotonic() + WAIT_FOR_STOPPING_SECONDS, False
    while not _locked(file):
        holder = _read(file)
        if STOPPING not in holder or time.monotonic() > deadline:
            process = holder.split()[0] if holder.split() else "unknown"
            raise CannotStart(
                f"Another launcher (process {process}) uses {data}: stop it with `kill {process}`, "
                "or start a second instance beside it, PORT=8001 DATA=var2 make run."
            )
        if not told:
            say("Waiting for the previous instance to stop")
            told = True
        stopping.pause(0.2)
    write_lock(file, str(os.getpid()))
    return file


def write_lock(file: IO[str], text: str) -> None:
    """Say in the lock who holds it, and whether he is about to stop."""
    file.seek(0)
    file.truncate()
    file.write(text)
    file.flush()


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as exc:
        # A file system without locks: then nothing keeps two launchers apart, which is no reason to start none.
        return exc.errno in {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}
    return True


def _read(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


def _full(directory: Path, free: int) -> str:
    return (
        f"The disk of {directory} has {free // 1024**2} MB left, {NEEDED_BYTES // 1024**2} MB are needed: "
        "make room, or choose another disk, DATA=/elsewhere make run."
    )


def _refused(host: str, port: int, exc: OSError) -> str:
    if exc.errno == errno.EADDRINUSE:
        other = port + 1 if port < 65535 else 8000
        return f"Port {port} on {host} is in use: stop what listens there, or choose another, PORT={other} make run."
    if exc.errno == errno.EACCES:
        return f"This user may not listen on port {port}: choose one above 1023, PORT=8000 make run."
    return f"Cannot listen on {host} port {port} ({exc.strerror}): HOST=127.0.0.1 PORT=8000 make run."
