"""`python -m tmfusage.embedded`, which `make run` calls: the whole portal on one machine, until Ctrl-C."""

import argparse
import os
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from tmfusage.embedded import credentials, preflight
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.logs import Logs
from tmfusage.embedded.portal import ROOT, LoadedOnce, Portal, url_of
from tmfusage.embedded.postgres import Postgres
from tmfusage.embedded.processes import Program, Record, Watch, stop_programs
from tmfusage.embedded.stopping import Stopped, Stopping
from tmfusage.embedded.valkey import Valkey

API_ROOT = "/tmf-api/usageManagement/v4/"
WATCH_SECONDS = 0.5
# libpq would follow these to another server than ours.
MISLEADING = ("PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGOPTIONS", "PGSSLMODE")


class Launcher:
    """Starts everything in order, watches it, and stops it in the reverse order."""

    def __init__(self, stopping: Stopping):
        self.began = time.monotonic()
        self.stopping = stopping
        self.data = Path(os.environ.get("DATA") or ROOT / "var").expanduser().absolute()
        self.host = os.environ.get("HOST") or "127.0.0.1"
        self.environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
        self.environment.setdefault("TMFUSAGE_ENV", "development")
        self.watches: list[Watch] = []
        self.programs: dict[str, Program] = {}

    def run(self) -> None:
        """Start, serve until a stop is asked for, stop."""
        self.port = preflight.port_of(os.environ)
        preflight.check_directory(self.data)
        self.data = self.data.resolve()
        with ExitStack() as stack:
            lock = stack.enter_context(preflight.take_lock(self.data, self.stopping, self.say))
            try:
                self._start(stack)
                self._tell()
                self._watch()
            finally:
                # The next launcher waits for us instead of giving up.
                preflight.write_lock(lock, f"{os.getpid()} {preflight.STOPPING}")
                if self.watches:
                    self.say("Stopping")

    def _start(self, stack: ExitStack) -> None:
        self._prepare()
        self._start_servers(stack)
        self._prepare_database()
        stack.callback(self._stop_programs)
        self._start_programs()

    def say(self, line: str) -> None:
        """Show a line; a closed terminal is no reason to fail."""
        with suppress(OSError):
            print(f"[{time.monotonic() - self.began:6.1f} s] {line}", flush=True)

    def _prepare(self) -> None:
        """Everything that can be known to fail before anything runs."""
        (self.data / "run").mkdir(exist_ok=True)
        self.record = Record(self.data / "run" / "processes.json", mark=f"DATA={self.data}")
        if ended := self.record.end_orphans():
            self.say(f"Ended {ended} processes that an earlier launcher left behind")
        preflight.check_port(self.host, self.port)
        preflight.check_room(self.data)
        self.logs = Logs(self.data / "log")
        self.demo = credentials.demo(self.data, url_of(self.host, self.port))
        self.environment["DATA"] = str(self.data)
        if not self.environment.get("SECRET_KEY"):
            self.environment["SECRET_KEY"] = credentials.secret_key(self.data)

    def _start_servers(self, stack: ExitStack) -> None:
        """The servers that the environment does not name."""
        stack.callback(self.say, "Stopped; the data stay.")
        self.ours = not self.environment.get("DATABASE_URL")
        if self.ours:
            self.say("Starting PostgreSQL")
            postgres = Postgres(self.data, self.logs.fresh("postgres"), pause=self.stopping.pause)
            stack.callback(postgres.stop)
            postgres.start()
            preflight.check_room(postgres.home)
            self.environment["DATABASE_URL"] = postgres.url
            self.watches.append(Watch("PostgreSQL", postgres, self.say))
        if not self.environment.get("BROKER_URL"):
            self.say("Starting Valkey")
            valkey = Valkey(self.data, self.logs.fresh("valkey"), pause=self.stopping.pause)
            stack.callback(valkey.stop)
            valkey.start()
            self.environment["BROKER_URL"] = valkey.url
            self.watches.append(Watch("Valkey", valkey, self.say))

    def _prepare_database(self) -> None:
        self.portal = Portal(self.data, self.host, self.port, self.environment, self.logs)
        self.say("Preparing the database")
        self._migrate()
        if self.environment.get("MANIFEST_STATIC") or self.environment["TMFUSAGE_ENV"] == "production":
            self.say("Collecting static files")
            self.portal.manage(self.stopping, "collectstatic", "--no-input")
        database = self._identity()
        loaded = LoadedOnce(self.data / "demo.loaded", database)
        if not loaded or self.demo.new:
            self.say("Loading the demonstration data (once)")
            # Only our own database gets passwords anew: at DATABASE_URL there may be a user named admin in earnest.
            reset = ["--reset-logins"] if self.ours else []
            self.portal.manage(self.stopping, "load_demo", *reset, **self.demo.environment)
            loaded.remember()

    def _migrate(self) -> None:
        try:
            self.portal.manage(self.stopping, "migrate", "--no-input")
        except CannotStart as exc:
            if self.ours:
                raise
            raise CannotStart(f"Check that the database of DATABASE_URL runs and exists. {exc}") from exc

    def _identity(self) -> str:
        """What tells one database from another: when our cluster was made, or the address of yours."""
        if not self.ours:
            return self.environment["DATABASE_URL"]
        return str((self.data / "postgres" / "data" / "PG_VERSION").stat().st_mtime_ns)

    def _start_programs(self) -> None:
        self.say("Starting the web server, the worker and the clock")
        self.programs = self.portal.programs()
        for name, program in self.programs.items():
            program.start()
            self.record.write(self.programs)
            self.watches.append(Watch(name, program, self.say))
        self.portal.wait(self.programs["web"], self.stopping)

    def _tell(self) -> None:
        url, key = url_of(self.host, self.port), self.demo.api_key
        credentials.tell(self.data, self.demo)
        self.say("Ready")
        lines = ["", f"  Staff    {url}/admin/"]
        lines += [f"             {user:<16} {password}" for user, password in self.demo.logins]
        lines += [f"  API      {url}{API_ROOT}", f"             key {key}", ""]
        lines += [f"  Also in  {self.data / credentials.TOLD}   Logs in {self.logs.directory}"]
        lines += ["  Ctrl-C stops everything; the data stay for the next time.", ""]
        if self.portal.status(f"{API_ROOT}usage?limit=1", key) == 401:
            lines.insert(1, "  DATABASE_URL's database was filled before: its own logins and key are valid, not these.")
        with suppress(OSError):
            print("\n".join(lines), flush=True)

    def _watch(self) -> None:
        while True:
            self.stopping.pause(WATCH_SECONDS)
            for watch in self.watches:
                if watch.look():
                    self.record.write(self.programs)

    def _stop_programs(self) -> None:
        stop_programs(list(self.programs.values()), self.stopping)
        self.record.write(self.programs)


def main() -> int:
    """0 after a stop that was asked for, 1 with one line on standard error when something is missing."""
    parser = argparse.ArgumentParser(prog="python -m tmfusage.embedded", description=__doc__)
    parser.add_argument(
        "--end-with-parent", action="store_true", help="stop everything when the parent process (make) ends"
    )
    options = parser.parse_args()
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    stopping = Stopping(end_with_parent=options.end_with_parent)
    stopping.listen()
    try:
        Launcher(stopping).run()
    except Stopped:
        return 0
    except CannotStart as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
