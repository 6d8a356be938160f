"""Where things can stand that another account must reach, and sockets whose names must be short."""

import os
import re
import tempfile
from pathlib import Path

from tmfusage.embedded.account import Account
from tmfusage.embedded.failures import CannotStart

# The system's limit for a socket's whole name is 104 to 108 bytes; the servers add theirs to the directory's.
SOCKET_DIRECTORY_LIMIT = 80
PLAIN = re.compile(r"[\w./+-]+", re.ASCII)


def reachable_base(account: Account) -> Path:
    """A directory of ours that the account can enter, for when DATA or the wheel lie behind closed doors."""
    for base in (Path("/var/lib/tmfusage"), Path(f"/var/tmp/tmfusage-{os.geteuid()}")):  # noqa: S108
        try:
            base.mkdir(mode=0o711, exist_ok=True)
            if _is_ours(base):
                base.chmod(0o711)
                if account.reaches(base):
                    return base
        except OSError:
            continue
    raise CannotStart(
        f"Neither /var/lib nor /var/tmp has a place that the user with id {account.uid} can reach: "
        "set DATA to a directory that everyone may enter, or run make as an ordinary user."
    )


def socket_directory(preferred: Path, account: Account) -> Path:
    """A directory for sockets, the account's alone: the preferred one, or a short one when its name is too long."""
    if len(os.fsencode(preferred)) <= SOCKET_DIRECTORY_LIMIT and PLAIN.fullmatch(str(preferred)):
        return account.own(preferred)
    return account.own(Path(tempfile.mkdtemp(prefix="tmfusage-", dir="/tmp")))


def _is_ours(base: Path) -> bool:
    # Anyone may make a directory in /var/tmp: one that is not ours, or that others may write to, is a trap.
    status = base.lstat()
    return status.st_uid == os.geteuid() and not base.is_symlink() and not status.st_mode & 0o022
