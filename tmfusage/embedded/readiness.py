"""Waiting for a process that was just started, and what it wrote when it did not come up."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

Pause = Callable[[float], None]
STEP_SECONDS = 0.05


def wait_until(
    ready: Callable[[], bool], process: "subprocess.Popen[bytes]", seconds: float, pause: Pause = time.sleep
) -> bool:
    """Whether it is ready; False as soon as the process ends, or when the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        if ready():
            return True
        pause(STEP_SECONDS)
    return False


def last_words(log: Path, size: int, containing: str = "") -> str:
    """The last line (containing a word, if there is such a one) that the log got after it had this size."""
    with log.open("rb") as file:
        file.seek(size)
        lines = [line.strip() for line in file.read()[-20_000:].decode(errors="replace").splitlines() if line.strip()]
    matching = [line for line in lines if containing in line]
    return (matching or lines or ["it wrote nothing"])[-1]
