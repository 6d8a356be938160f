"""Directories and servers for the tests of the launcher; real processes, all of them ended again."""

import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from tmfusage.embedded import identity
from tmfusage.embedded.postgres import Postgres
from tmfusage.embedded.processes import Program
from tmfusage.embedded.scratch import scratch_directory
from tmfusage.embedded.valkey import Valkey


@pytest.fixture
def data():
    """A DATA directory that the account of the servers can reach."""
    with scratch_directory() as directory:
        yield directory


@pytest.fixture
def make_postgres(data):
    """Makes servers, not yet started; at the end they are stopped and their clusters removed."""
    with ExitStack() as stack:

        def make(directory: Path = data, *, durable: bool = False) -> Postgres:
            directory.mkdir(exist_ok=True)
            server = Postgres(directory, directory / "postgres.log", durable=durable)
            stack.callback(server.remove)
            stack.callback(server.stop)
            return server

        yield make


@pytest.fixture
def valkey(data):
    server = Valkey(data, data / "valkey.log")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def make_program(data):
    """Makes started programs of a few lines of Python; at the end they are ended."""
    programs = []

    def make(code: str) -> Program:
        env = {"PATH": os.environ["PATH"], "DATA": str(data)}
        programs.append(Program([sys.executable, "-c", code], data / "program.log", env, data))
        programs[-1].start()
        return programs[-1]

    yield make
    for program in programs:
        program.end_group()


def ask(server: Postgres, sql: str) -> tuple | None:
    """The first row of what the application's role is answered; None for a statement without rows."""
    with psycopg.connect(server.url) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone() if cursor.description else None


def kill(pid: int) -> None:
    """End a process as a crash would."""
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not identity.alive(pid), 10)


def eventually(holds: Callable[[], bool], seconds: float) -> bool:
    """Whether it comes true within the time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return holds()


def free_port() -> int:
    """A port nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def remove(directory: Path) -> None:
    """Delete a DATA directory and the cluster behind its link."""
    shutil.rmtree((directory / "postgres").resolve(), ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)
