"""Whether a recorded process is still the same one: ids are handed out again, so an id alone proves nothing."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

PROC = Path("/proc")
Steps = Sequence[tuple[signal.Signals, float]]


def alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and waits for its parent does not."""
    return bool(command_of(pid))


def command_of(pid: int) -> str:
    """The process's command line, empty when there is no such process."""
    if PROC.joinpath("self/cmdline").exists():
        try:
            return PROC.joinpath(str(pid), "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            return ""
    return _ps("command=", pid)


def started_at(pid: int) -> str:
    """When the process started, in the system's own words; empty when there is no such process."""
    try:
        # The name in brackets may hold spaces; what follows it is fields, the 20th of them the start in ticks.
        return PROC.joinpath(str(pid), "stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return "" if PROC.joinpath("self/stat").exists() else _ps("lstart=", pid)


def group_members(group: int, mark: str) -> list[int]:
    """The processes of a group whose environment holds the mark (`NAME=value`); none where that cannot be seen."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError):
            fields = entry.joinpath("stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[2]) == group and mark.encode() in entry.joinpath("environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
    return found


def end(pid: int, steps: Steps) -> bool:
    """Whether the process has ended, after being asked ever more firmly: a signal, and how long to wait for it."""
    for number, seconds in steps:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + seconds
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not alive(pid):
            return True
    return False


def _ps(column: str, pid: int) -> str:
    command = ["ps", "-o", "stat=", "-o", column, "-p", str(pid)]
    done = subprocess.run(  # noqa: S603
        command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    state, _, value = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else value.strip()
