"""Brokers that can be stopped, frozen and made to forget: the product's Valkey, and a RabbitMQ where there is one."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import kombu
import redis
from kombu.exceptions import OperationalError

from tests.hub.workers import QUEUES
from tmfusage.embedded.leash import spawn
from tmfusage.embedded.valkey import Valkey

# Debian's wrapper insists on being root; what it wraps runs for anybody.
RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS, STOP_SECONDS = 60, 20


def rabbitmq_installed() -> bool:
    """Whether Debian's rabbitmq-server is there."""
    return RABBITMQ.exists() and shutil.which("epmd") is not None


class Server(Protocol):
    """What a broker's server can do."""

    url: str

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def signal(self, number: signal.Signals) -> None: ...
    def forget(self) -> None: ...


class ValkeyServer:
    """The product's own Valkey."""

    def __init__(self, data: Path):
        self.valkey = Valkey(data, data / "valkey.log")
        self.start, self.stop = self.valkey.start, self.valkey.stop

    @property
    def url(self) -> str:
        """For BROKER_URL."""
        return self.valkey.url

    def signal(self, number: signal.Signals) -> None:
        """Freeze or thaw it."""
        assert self.valkey.process
        self.valkey.process.send_signal(number)

    def forget(self) -> None:
        """Every message is gone."""
        with redis.Redis(unix_socket_path=str(self.valkey.socket)) as client:
            client.flushall()


class RabbitServer:
    """A RabbitMQ on free ports of 127.0.0.1, with its own directory and its own port mapper."""

    def __init__(self, data: Path):
        self.home = data / "rabbitmq"
        self.home.mkdir()
        self.port, self.distribution_port, self.mapper_port = (_free_port() for _ in range(3))
        self.log = data / "rabbitmq.log"
        self.processes: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """For BROKER_URL."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing is shared with a RabbitMQ of the machine, and nothing listens but on loopback."""
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.mapper_port),
            "RABBITMQ_NODENAME": f"chaos{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(self.home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
        }

    def start(self) -> None:
        """Start the port mapper and the server, and wait until it takes connections."""
        self.processes = [self._spawn(["epmd", "-address", "127.0.0.1", "-port", str(self.mapper_port)])]
        self.processes.append(self._spawn([str(RABBITMQ)]))
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            with suppress(OSError, OperationalError), kombu.Connection(self.url) as connection:
                connection.connect()
                return
            time.sleep(0.2)
        raise RuntimeError(f"RabbitMQ did not start: {self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        """End both."""
        for process in reversed(self.processes):
            _end(process)
        self.processes = []

    def signal(self, number: signal.Signals) -> None:
        """Freeze or thaw it."""
        os.killpg(self.processes[-1].pid, number)

    def forget(self) -> None:
        """Every message is gone."""
        with kombu.Connection(self.url) as connection:
            for name in QUEUES.split(","):
                with suppress(connection.channel_errors):
                    connection.default_channel.queue_purge(name)

    def _spawn(self, command: list[str]) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as output:
            return spawn(command, output, env=self.environment, cwd=self.home)


@dataclass
class Broker:
    """A server, and when it was not to be reached."""

    server: Server
    away: list[tuple[float, float]] = field(default_factory=list)

    def stop(self, seconds: float) -> None:
        """Stopped for a while."""
        self._during(seconds, self.server.stop, self.server.start)

    def freeze(self, seconds: float) -> None:
        """There, but it answers nobody."""
        self._during(
            seconds, lambda: self.server.signal(signal.SIGSTOP), lambda: self.server.signal(signal.SIGCONT)
        )  # fmt: skip

    def flush(self) -> None:
        """It forgets every message."""
        self.server.forget()

    def _during(self, seconds: float, begin: Callable[[], None], end: Callable[[], None]) -> None:
        start = time.monotonic()
        begin()
        time.sleep(seconds)
        end()
        self.away.append((start, time.monotonic()))


def _end(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM for the whole group, and SIGKILL when that does not help."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)
            return


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
