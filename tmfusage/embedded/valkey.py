"""A Valkey of our own behind a private socket; what it holds are wake-ups, which may be lost."""

import contextlib
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

from tmfusage.embedded import identity
from tmfusage.embedded.account import our_account
from tmfusage.embedded.binaries import valkey_program
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.leash import spawn
from tmfusage.embedded.places import socket_directory
from tmfusage.embedded.readiness import Pause, last_words, wait_until

START_SECONDS = 60
STOP: identity.Steps = ((signal.SIGTERM, 3), (signal.SIGKILL, 2))


class Valkey:
    """The Valkey whose data lie in `<data>/valkey`; `url` is how Celery reaches it once it is started."""

    def __init__(self, data: Path, log: Path, *, durable: bool = True, pause: Pause = time.sleep):
        self.home = data / "valkey"
        self.log = log
        self.durable = durable
        self.pause = pause
        self.process: subprocess.Popen[bytes] | None = None
        self.sockets: Path

    @property
    def socket(self) -> Path:
        """The socket's path."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """The address for BROKER_URL."""
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Start the server; files that it cannot read are set aside, for the database owns every promise."""
        program = valkey_program()
        self._stop_orphan()
        self._release_sockets()
        self.sockets = socket_directory(self.home / "run", our_account())
        if reason := self._serve(program):
            if (self.home / "data").exists():
                (self.home / "data").rename(self.home / f"unreadable-{int(time.time())}")
            if reason := self._serve(program):
                raise CannotStart(f"Valkey did not start: {reason} (its log: {self.log}).")

    def stop(self) -> None:
        """Stop the server, in any case within five seconds."""
        if self.process is not None:
            for number, seconds in STOP:
                self.process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(seconds)
                    break
            self.process = None
        self._release_sockets()

    def _serve(self, program: Path) -> str:
        """Empty when the server answers, else why it does not."""
        data = our_account().own(self.home / "data")
        size = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = spawn([program, *self._options(data)], output, cwd=self.home)
        if wait_until(self._answers, self.process, START_SECONDS, self.pause):
            return ""
        self.process.kill()
        self.process.wait()
        self.process = None
        return last_words(self.log, size)

    def _options(self, data: Path) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(data),
            "pidfile": str(self._pid_file),
            "set-proc-title": "no",
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]

    @property
    def _pid_file(self) -> Path:
        return self.home / "valkey.pid"

    def _stop_orphan(self) -> None:
        """Stop the server that a killed launcher left behind: two must never write the same files."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            return
        if str(self._pid_file) in identity.command_of(pid) and not identity.end(pid, STOP):
            raise CannotStart(f"An old Valkey (process {pid}) does not stop: end it with `kill -9 {pid}`.")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _release_sockets(self) -> None:
        if hasattr(self, "sockets") and self.sockets.parent != self.home:
            shutil.rmtree(self.sockets, ignore_errors=True)
