"""The secrets of one DATA directory: generated once, kept in files that only their owner may read."""

import os
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PASSWORDS = {"ADMIN": "admin", "PM": "product.manager", "AGENT": "care.agent", "OPERATOR": "operator"}
# A start that is broken off leaves its secrets in the second file, where the next one finds them.
TOLD, UNTOLD = "demo.env", "demo.env.starting"
PREFIX_CHARACTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True, slots=True)
class Demo:
    """Who may come in to the demonstration; `new` when some of it was never told."""

    lines: Mapping[str, str]
    new: bool

    @property
    def api_key(self) -> str:
        """The API client's key."""
        return self.lines["API_KEY"]

    @property
    def logins(self) -> list[tuple[str, str]]:
        """User names and passwords."""
        return [(self.lines[f"{name}_USER"], self.lines[f"{name}_PASSWORD"]) for name in PASSWORDS]

    @property
    def environment(self) -> dict[str, str]:
        """How `manage.py load_demo` is told."""
        passwords = {f"DEMO_{name}_PASSWORD": self.lines[f"{name}_PASSWORD"] for name in PASSWORDS}
        return {**passwords, "DEMO_API_KEY": self.api_key}


def demo(data: Path, url: str) -> Demo:
    """What `demo.env` holds, with this URL; what is missing there is generated, and kept aside until it is told."""
    told = _read(data / TOLD)
    kept = {**_read(data / UNTOLD), **told}
    lines = {"URL": url, "API_KEY": kept.get("API_KEY") or _api_key()}
    for name, user in PASSWORDS.items():
        lines[f"{name}_USER"] = user
        lines[f"{name}_PASSWORD"] = kept.get(f"{name}_PASSWORD") or secrets.token_urlsafe(12)
    found = Demo(lines, new=any(value != told.get(name) for name, value in lines.items() if name != "URL"))
    if found.new:
        write_private(data / UNTOLD, lines)
    return found


def tell(data: Path, found: Demo) -> None:
    """Write `demo.env`, for which scripts wait: only once it is true."""
    write_private(data / TOLD, found.lines)
    (data / UNTOLD).unlink(missing_ok=True)


def secret_key(data: Path) -> str:
    """The key that signs sessions: kept, so that a restart logs nobody out."""
    file = data / "secret_key"
    kept = file.read_text().strip() if file.exists() else ""
    if len(kept) < 50:
        kept = secrets.token_urlsafe(64)
        _replace(file, f"{kept}\n")
    return kept


def write_private(file: Path, lines: Mapping[str, str]) -> None:
    """Write NAME=value lines that only the owner may read."""
    _replace(file, "".join(f"{name}={value}\n" for name, value in lines.items()))


def _api_key() -> str:
    prefix = "".join(secrets.choice(PREFIX_CHARACTERS) for _ in range(8))
    return f"tmfu_{prefix}_{secrets.token_urlsafe(32)}"


def _read(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text().splitlines())
    return {name: value.strip() for name, _, value in pairs}


def _replace(file: Path, text: str) -> None:
    """Never half written, and never readable by others, not even for a moment."""
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(text)
    new.replace(file)
