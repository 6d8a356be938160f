"""Celery workers and a beat as processes of their own, the way they run in production."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUEUES = "dispatch,deliver,reports"


class Worker:
    """A worker with its children, or a beat; it can be killed and started again."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str]):
        self.command, self.log, self.env = command, log, env
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command],
                cwd=ROOT,
                env={**os.environ, **self.env},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def children(self) -> list[int]:
        """The processes of the pool."""
        assert self.process
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        with suppress(OSError):
            return [int(pid) for pid in path.read_text().split()]
        return []

    def kill_child(self) -> bool:
        """kill -9 one process of the pool; whether there was one."""
        for child in self.children:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
                return True
        return False

    def kill(self) -> None:
        """kill -9 parent and children."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def stop(self) -> None:
        """End it the way an operator does, or else kill it."""
        if self.process is None:
            return
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.kill()


def worker(log: Path, env: dict[str, str] | None = None, concurrency: int = 2, name: str = "one") -> Worker:
    """A worker for all queues; not started yet."""
    pool = ["--concurrency", str(concurrency), "--without-gossip", "--without-mingle", "-n", f"{name}@test"]
    command = ["celery", "-A", "tmfusage", "worker", "-Q", QUEUES, *pool, "--loglevel", "WARNING"]
    return Worker(command, log, env or {})


def beat(log: Path, env: dict[str, str] | None = None) -> Worker:
    """The clock; not started yet."""
    schedule = ["-s", str(log.with_suffix(".schedule")), "--pidfile", ""]
    return Worker(["celery", "-A", "tmfusage", "beat", *schedule, "--loglevel", "WARNING"], log, env or {})


@contextmanager
def running(*programs: Worker) -> Iterator[None]:
    """The programs run for a while."""
    try:
        for program in programs:
            program.start()
        yield
    finally:
        for program in programs:
            program.stop()
