"""The operating system's account that PostgreSQL runs under: our own, or an unprivileged one when we are root."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tmfusage.embedded.failures import CannotStart

UNPRIVILEGED = ("nobody", "daemon")
PROBE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the machine, and what he can reach."""

    uid: int
    gid: int

    @property
    def ours(self) -> bool:
        """Whether this process runs under it."""
        return self.uid == os.geteuid()

    @property
    def process_options(self) -> dict[str, Any]:
        """What `subprocess` needs to start a process under it."""
        return {} if self.ours else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_run(self, *command: str | Path) -> bool:
        """Whether the command, run under it, ends well."""
        try:
            done = subprocess.run(  # noqa: S603
                command, cwd="/", env={"PATH": os.defpath}, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=PROBE_SECONDS, check=False, start_new_session=True, **self.process_options,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0

    def reaches(self, directory: Path) -> bool:
        """Whether it may enter the directory; asked of the system, as only that knows all the ways to say no."""
        return self.can_run("/bin/sh", "-c", 'cd "$0"', directory)

    def own(self, directory: Path) -> Path:
        """The directory, made if missing, as this account's alone."""
        directory.mkdir(parents=True, exist_ok=True)
        if not self.ours:
            os.chown(directory, self.uid, self.gid)
        directory.chmod(0o700)
        return directory


def our_account() -> Account:
    """The account of this process."""
    return Account(os.geteuid(), os.getegid())


def server_account(existing: Path) -> Account:
    """Who runs PostgreSQL: we, or when we are root (PostgreSQL refuses it) the cluster's owner, else nobody."""
    if os.geteuid() != 0:
        return our_account()
    if existing.exists() and (owner := existing.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    account = _unprivileged()
    if not account.can_run(shutil.which("true") or "/bin/true"):
        raise CannotStart(
            "PostgreSQL refuses to run as root and root may not change to another user here: "
            "run make as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours."
        )
    return account


def _unprivileged() -> Account:
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise CannotStart(
        f"PostgreSQL refuses to run as root and there is no user {UNPRIVILEGED[0]!r} to run it: "
        "run make as an ordinary user, or set DATABASE_URL to a PostgreSQL of yours."
    )
