"""Makes `.venv` and installs the locked requirements: what `make setup` runs, with nothing but Python's own library.

Run as a file, before anything is installed; it must be readable to old Pythons, which it turns away.
"""

import fcntl
import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".installed"
REQUIREMENTS = ROOT / "requirements-dev.txt"
NEEDED = (3, 11)


def main() -> int:
    """0 when everything is installed, 1 with one line on standard error when something is missing."""
    lack = lacking()
    if lack:
        return refuse(lack)
    # Two first runs at the same time: the second waits, then finds everything done.
    with REQUIREMENTS.open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_installed():
            return 0
        try:
            return install()
        except OSError as exc:
            return refuse(
                f"{exc.filename or VENV} cannot be written ({exc.strerror}): make room or take a copy you own."
            )


def lacking() -> str:
    """What this Python lacks, and how to mend it; empty when it will do."""
    version = "{}.{}".format(*sys.version_info[:2])
    if sys.version_info < NEEDED:
        return f"Python 3.11 or newer is needed, this is {version}: install one, PYTHON=/path/to/python3.11 make run."
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        return (
            f"Python's venv module is missing: `apt install python{version}-venv` on Debian and Ubuntu, "
            "or PYTHON=/path/to/another/python3 make run."
        )
    return ""


def is_installed() -> bool:
    """Whether `.venv` holds exactly these requirements, made here and for this Python."""
    return PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted()


def wanted() -> str:
    """What the stamp says when all is installed."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    return f"{digest} {sys.version_info[0]}.{sys.version_info[1]} {ROOT}\n"


def install() -> int:
    """Make `.venv` (anew when it is broken or was made elsewhere) and install into it."""
    if not is_usable():
        print(f"Making {VENV} with Python {sys.version.split()[0]}", flush=True)
        if run(sys.executable, "-m", "venv", "--clear", str(VENV)):
            return refuse("Python could not make .venv (its words are above).")
    STAMP.unlink(missing_ok=True)
    print("Installing the locked requirements (once; a minute or two)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check"]
    if run(*pip, "--no-input", "-r", str(REQUIREMENTS)):
        return refuse("Installing failed (pip's words are above): mend that, often the network, and run it again.")
    STAMP.write_text(wanted())
    return 0


def is_usable() -> bool:
    """Whether there is a `.venv` of this Python version that can be completed."""
    if not PYTHON.exists() or (STAMP.exists() and not STAMP.read_text().endswith(f" {ROOT}\n")):
        return False
    version = "import pip, sys; sys.exit(sys.version_info[:2] != ({}, {}))".format(*sys.version_info[:2])
    done = subprocess.run([str(PYTHON), "-c", version], capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def run(*command: str) -> int:
    """The command's exit code; it writes where we write."""
    return subprocess.run(command, check=False).returncode  # noqa: S603


def refuse(line: str) -> int:
    """Say the line on standard error; the exit code of a failure."""
    print(line, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
