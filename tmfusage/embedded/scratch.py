"""A directory for servers that live as long as one process, cleaned up even after one that was killed."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX, LOCK = "tmfusage-servers-", "lock"


@contextlib.contextmanager
def scratch_directory() -> Iterator[Path]:
    """A directory that other accounts may pass through; it is gone afterwards."""
    _remove_abandoned(Path(tempfile.gettempdir()))
    directory = Path(tempfile.mkdtemp(prefix=PREFIX))
    directory.chmod(0o711)
    with (directory / LOCK).open("w") as lock:
        # Held until this process ends, however it ends.
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield directory
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _remove_abandoned(place: Path) -> None:
    for lock in place.glob(f"{PREFIX}*/{LOCK}"):
        directory = lock.parent
        with contextlib.suppress(OSError):
            if directory.is_symlink() or directory.lstat().st_uid != os.geteuid():
                continue
            with lock.open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # A cluster that could not lie here is behind a link.
                shutil.rmtree((directory / "postgres").resolve(), ignore_errors=True)
                shutil.rmtree(directory, ignore_errors=True)
