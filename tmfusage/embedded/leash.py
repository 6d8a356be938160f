"""Starting processes that never outlive the one that started them, where the system can promise that."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from tmfusage.embedded.account import Account, our_account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    output: IO[bytes] | int,
    *,
    env: Mapping[str, str] | None = None,
    account: Account | None = None,
    cwd: Path | None = None,
    at_our_end: signal.Signals = signal.SIGTERM,
) -> "subprocess.Popen[bytes]":
    """The started process, in a group of its own (Ctrl-C does not reach it), told when we end without stopping it."""
    options: dict[str, Any] = (account or our_account()).process_options
    return subprocess.Popen(  # noqa: S603
        [os.fspath(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,
        # The only way to reach the child between its change of user and its program; nothing in it takes a lock.
        preexec_fn=_leash(at_our_end),  # noqa: PLW1509
        **options,
    )


def _leash(number: signal.Signals) -> Callable[[], None] | None:
    if _libc is None:
        return None
    parent, prctl = os.getpid(), _libc.prctl

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:
            os._exit(1)

    return tie
