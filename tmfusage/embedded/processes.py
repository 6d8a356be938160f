"""The programs of the portal as processes: started, recorded, started again when they die, and stopped."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tmfusage.embedded import identity
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.leash import spawn
from tmfusage.embedded.stopping import Stopping

STOP_SECONDS = 6
ORPHAN_STOP: identity.Steps = ((signal.SIGTERM, 5), (signal.SIGKILL, 2))
BACK_OFF_SECONDS = (0, 1, 2, 5, 10, 30)
HEALTHY_SECONDS = 60


class Service(Protocol):
    """What can be started again: a program, or one of the servers."""

    @property
    def process(self) -> "subprocess.Popen[bytes] | None":
        """The running process."""

    def start(self) -> None:
        """Start it."""


class Program:
    """One long-running program of ours, in a process group of its own."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str], cwd: Path):
        self.command = command
        self.log = log
        self.env = env
        self.cwd = cwd
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, after ending whatever an earlier process of it left behind."""
        self.end_group()
        with self.log.open("ab") as output:
            self.process = spawn(self.command, output, env=self.env, cwd=self.cwd)

    def ask_to_stop(self) -> None:
        """Ask it to stop in good order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def end_group(self) -> None:
        """End the process and all its children at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


class Record:
    """Which processes run, in a file: the next launcher ends those that this one could not."""

    def __init__(self, file: Path, mark: str):
        self.file = file
        self.mark = mark

    def write(self, programs: Mapping[str, Program]) -> None:
        """Note the processes, each with the time of its start."""
        running = {name: program.process.pid for name, program in programs.items() if program.process is not None}
        self.file.write_text(json.dumps([[pid, identity.started_at(pid)] for pid in running.values()]))

    def end_orphans(self) -> int:
        """End what still runs of an earlier launcher; how many processes that were."""
        try:
            recorded = [(int(pid), str(started)) for pid, started in json.loads(self.file.read_text())]
        except (OSError, ValueError, TypeError):
            return 0
        return sum(self._end(pid, started) for pid, started in recorded)

    def _end(self, pid: int, started: str) -> int:
        ended = 0
        if started and identity.started_at(pid) == started and identity.alive(pid):
            identity.end(pid, ORPHAN_STOP)
            ended = 1
        for member in identity.group_members(pid, self.mark):
            ended += identity.end(member, [(signal.SIGKILL, 2)])
        return ended


def stop_programs(programs: Sequence[Program], stopping: Stopping) -> None:
    """Stop them all at the same time; who is not gone after six seconds, or at a second Ctrl-C, is ended."""
    for program in programs:
        program.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    while any(each.process is not None and each.process.poll() is None for each in programs):
        if time.monotonic() > deadline or stopping.times > 1:
            break
        time.sleep(0.05)
    for program in programs:
        program.end_group()


class Watch:
    """Starts a service again when it has died, ever more slowly when it keeps dying."""

    def __init__(self, name: str, service: Service, say: Callable[[str], None]):
        self.name = name
        self.service = service
        self.say = say
        self.failures = 0
        self.since = time.monotonic()
        self.due: float | None = None

    def look(self) -> bool:
        """Whether the service was started again."""
        process, now = self.service.process, time.monotonic()
        if process is not None and process.poll() is None:
            if self.failures and now - self.since > HEALTHY_SECONDS:
                self.failures = 0
            return False
        if self.due is None:
            delay = BACK_OFF_SECONDS[min(self.failures, len(BACK_OFF_SECONDS) - 1)]
            self.due = now + delay
            self.failures += 1
            when = f"in {delay} s" if delay else "now"
            self.say(f"{self.name} ended ({_how(process)}); it is started again {when}")
        return now >= self.due and self._start()

    def _start(self) -> bool:
        self.due = None
        try:
            self.service.start()
        except CannotStart as exc:
            self.say(str(exc))
            return False
        self.since = time.monotonic()
        return True


def _how(process: "subprocess.Popen[bytes] | None") -> str:
    code = process.returncode if process is not None else None
    if code is None:
        return "it did not start"
    return f"killed by signal {-code}" if code < 0 else f"exit code {code}"
