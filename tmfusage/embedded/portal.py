"""What `make run` runs: the steps that prepare the database, and the programs of the portal."""

import hashlib
import http.client
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.leash import spawn
from tmfusage.embedded.logs import Logs
from tmfusage.embedded.processes import Program
from tmfusage.embedded.readiness import last_words, wait_until
from tmfusage.embedded.stopping import Stopping

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS, STEP_SECONDS = 120, 600
# A step may take longer than a request, and needs one connection.
STEP = {"DATABASE_STATEMENT_TIMEOUT_MS": "0", "DATABASE_POOL_SIZE": "0"}
BACKGROUND = {"DATABASE_POOL_SIZE": "0"}


class Portal:
    """The portal of one DATA directory, with the environment in which its programs run."""

    def __init__(self, data: Path, host: str, port: int, environment: Mapping[str, str], logs: Logs):
        self.data = data
        self.host = host
        self.port = port
        self.environment = environment
        self.log = {name: logs.fresh(name) for name in ("setup", "web", "worker", "beat")}

    def manage(self, stopping: Stopping, *command: str, **extra: str) -> None:
        """Run a command of manage.py to its end; a CannotStart tells its last words when it fails."""
        log = self.log["setup"]
        size = log.stat().st_size
        with log.open("ab") as output:
            step = spawn(
                [sys.executable, str(ROOT / "manage.py"), *command], output,
                env={**self.environment, **STEP, **extra}, cwd=ROOT,
            )  # fmt: skip
        try:
            wait_until(lambda: False, step, STEP_SECONDS, stopping.pause)
        finally:
            _end(step)
        if step.returncode != 0:
            raise CannotStart(
                f"`manage.py {command[0]}` failed: {last_words(log, size, 'Error: ')} (all of it: {log})."
            )

    def programs(self) -> dict[str, Program]:
        """The web server, the worker and the clock."""
        metrics = self.data / "run" / "metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        clock = self.data / "beat"
        clock.mkdir(exist_ok=True)
        web = ["granian", "--interface", "wsgi", "--no-ws", "--host", self.host, "--port", str(self.port)]
        size = ["--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "4"]
        celery = ["celery", "-A", "tmfusage"]
        queues = ["-Q", "dispatch,deliver,reports,celery", "--concurrency", "2", "--without-gossip", "--without-mingle"]
        schedule = ["-s", str(clock / "schedule"), "--pidfile", ""]
        measured = {"PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        worker = [*celery, "worker", *queues, "--loglevel", "INFO"]
        return {
            "web": self._program("web", [*web, *size, "tmfusage.wsgi:application"], **measured),
            "worker": self._program("worker", worker, **BACKGROUND, **measured),
            "beat": self._program("beat", [*celery, "beat", *schedule, "--loglevel", "INFO"], **BACKGROUND),
        }

    def wait(self, web: Program, stopping: Stopping) -> None:
        """Wait until the web server can serve; a CannotStart tells its last words when it cannot."""
        assert web.process is not None  # noqa: S101  # for the type checker: it was started
        if not wait_until(lambda: self.status("/readyz") == 200, web.process, READY_SECONDS, stopping.pause):
            raise CannotStart(f"The web server did not start: {last_words(web.log, 0)} (its log: {web.log}).")

    def status(self, path: str, key: str = "") -> int:
        """The status with which the portal answers a GET; 0 when it does not answer."""
        connection = http.client.HTTPConnection(address_of(self.host), self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"} if key else {})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def _program(self, name: str, command: list[str], **extra: str) -> Program:
        return Program([sys.executable, "-m", *command], self.log[name], {**self.environment, **extra}, ROOT)


class LoadedOnce:
    """Remembers which databases hold the demonstration, so that what was deleted does not come back."""

    def __init__(self, file: Path, database: str):
        self.file = file
        self.fingerprint = hashlib.sha256(database.encode()).hexdigest()

    def __bool__(self) -> bool:
        return self.file.exists() and self.fingerprint in self.file.read_text().split()

    def remember(self) -> None:
        """This database holds it from now on."""
        self.file.touch(mode=0o600)
        with self.file.open("a") as output:
            output.write(f"{self.fingerprint}\n")


def address_of(host: str) -> str:
    """An address at which this machine reaches the host that is listened on."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)  # noqa: S104


def url_of(host: str, port: int) -> str:
    """The portal's address for a browser."""
    name = address_of(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _end(step: "subprocess.Popen[bytes]") -> None:
    if step.poll() is None:
        step.kill()
    step.wait()
