"""A PostgreSQL of our own: made, started, mended after a crash and stopped, without a port or a password."""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from tmfusage.embedded import identity
from tmfusage.embedded.account import Account, server_account
from tmfusage.embedded.binaries import postgres_programs
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.leash import spawn
from tmfusage.embedded.places import reachable_base, socket_directory
from tmfusage.embedded.readiness import Pause, last_words, wait_until

ROLE = DATABASE = "tmfusage"
SUPERUSER = "postgres"
PORT = "5432"  # only a part of the socket's name: nothing listens on the network
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
START_SECONDS, STILL_IN_USE_SECONDS = 120, 15
# Fast shutdown; immediate shutdown (the next start recovers); the end.
STOP: identity.Steps = ((signal.SIGINT, 4), (signal.SIGQUIT, 2), (signal.SIGKILL, 2))
# A process id beyond what any system hands out.
NO_PROCESS = "99999999"
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
# For tests: a crash of the server may cost the last writes, a crash of the machine everything.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "10min"}


class Postgres:
    """The PostgreSQL whose data lie in `<data>/postgres`; `url` is how to reach it once it is started."""

    def __init__(self, data: Path, log: Path, *, durable: bool = True, pause: Pause = time.sleep):
        self.link = data / "postgres"
        self.log = log
        self.durable = durable
        self.pause = pause
        self.process: subprocess.Popen[bytes] | None = None
        self.account: Account
        self.home: Path
        self.sockets: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own directory."""
        return self.home / "data"

    @property
    def url(self) -> str:
        """The address for DATABASE_URL."""
        return f"postgres://{ROLE}@/{DATABASE}?host={quote(str(self.sockets))}"

    def start(self) -> None:
        """Start the server, making or recovering the cluster first; a CannotStart says why it did not work."""
        self.account = server_account(self.link)
        self.programs = postgres_programs(self.account)
        self.home = self._home()
        if not self.cluster.exists():
            self._make_cluster()
        self._stop_orphan()
        self._release_sockets()
        self.sockets = socket_directory(self.home / "run", self.account)
        for left in self.sockets.glob(".s.PGSQL.*"):
            left.unlink()  # its lock names a process, perhaps one that ended and was never waited for
        self._serve()
        self._make_database()

    def stop(self) -> None:
        """Stop the server: in good order if it can, in any case within eight seconds."""
        if self.process is not None:
            for number, seconds in STOP:
                self.process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(seconds)
                    break
            self.process = None
        self._release_sockets()

    def remove(self) -> None:
        """Delete the cluster, wherever it lies."""
        if hasattr(self, "home"):
            shutil.rmtree(self.home, ignore_errors=True)

    def _home(self) -> Path:
        """The cluster's home: `<data>/postgres` itself, or where that link leads when DATA is closed to the account."""
        if not self.link.is_symlink() and not self.link.exists():
            self.account.own(self.link)
            if not self.account.reaches(self.link):
                self.link.rmdir()
                self.link.symlink_to(self.account.own(reachable_base(self.account) / secrets.token_hex(8)))
        home = self.link.resolve()
        if not self.account.reaches(home):
            raise CannotStart(
                f"The user with id {self.account.uid}, who runs PostgreSQL, cannot enter {home}: "
                f"allow it with `chmod o+x` on the directories above, or remove {self.link} to begin anew."
            )
        return home

    def _make_cluster(self) -> None:
        """Make the cluster under another name first: one that was left half made is never taken for whole."""
        half = self.home / "making"
        shutil.rmtree(half, ignore_errors=True)
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        rest = ["--username", SUPERUSER, "--auth=trust", *([] if self.durable else ["--no-sync"])]
        command: list[str | Path] = [self.programs / "initdb", "--pgdata", half, *locale, *rest]
        size = self._log_size()
        with self.log.open("ab") as output:
            maker = spawn(command, output, env=ENVIRONMENT, account=self.account, cwd=self.home)
        try:
            wait_until(lambda: False, maker, START_SECONDS, self.pause)
        finally:
            maker.kill()
            maker.wait()
        if maker.returncode != 0:
            shutil.rmtree(half, ignore_errors=True)
            reason = last_words(self.log, size, "error: ")
            raise CannotStart(f"PostgreSQL could not make its files in {self.home}: {reason} (its log: {self.log}).")
        half.rename(self.cluster)

    def _stop_orphan(self) -> None:
        """Stop the server that a killed launcher left behind, and disarm a pid file that names another process."""
        pid_file = self.cluster / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines(keepends=True)
            pid = int(lines[0])
        except (OSError, IndexError, ValueError):
            return
        if str(self.cluster) in identity.command_of(pid):
            if not identity.end(pid, STOP):
                raise CannotStart(f"An old PostgreSQL (process {pid}) does not stop: end it with `kill -9 {pid}`.")
        elif pid_file.exists():
            # The file stays, for PostgreSQL also reads from it whether the old server's memory is still in use.
            pid_file.write_text("".join([f"{NO_PROCESS}\n", *lines[1:]]))

    def _serve(self) -> None:
        """Start the server and wait; processes of one that was killed may need a moment to notice."""
        deadline = time.monotonic() + STILL_IN_USE_SECONDS
        while True:
            size = self._log_size()
            with self.log.open("ab") as output:
                self.process = spawn(
                    self._command(), output, env=ENVIRONMENT, account=self.account, cwd=self.home,
                    at_our_end=signal.SIGINT,
                )  # fmt: skip
            if wait_until(self._answers, self.process, START_SECONDS, self.pause):
                return
            reason = last_words(self.log, size, "FATAL")
            self.stop_quietly()
            if "is still in use" not in reason or time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL did not start: {reason} (its log: {self.log}).")
            self.pause(0.5)

    def stop_quietly(self) -> None:
        """End a server that did not come up."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
            self.process.wait()
            self.process = None

    def _command(self) -> list[str | Path]:
        settings = {**SETTINGS, **({} if self.durable else CARELESS), "unix_socket_directories": str(self.sockets)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.programs / "postgres", "-D", self.cluster, "-p", PORT, *options]

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), port=PORT, user=SUPERUSER, dbname="postgres", connect_timeout=5, autocommit=True
        )

    def _make_database(self) -> None:
        """Make the application's role and database if they are missing; the role may do no more than it needs."""
        with self._connect() as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                connection.execute(f"CREATE ROLE {ROLE} LOGIN CREATEDB")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")

    def _release_sockets(self) -> None:
        if hasattr(self, "sockets") and self.sockets.parent != self.home:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def _log_size(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0
