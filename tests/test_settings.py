"""Settings: every variable is documented, and production starts with its secrets or not at all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READ = re.compile(
    r"""(?:env\.\w+|required|environ(?:\.get|\.setdefault)?)\(\s*["']([A-Z][A-Z0-9_]+)["']|environ\["([A-Z_]+)"\]"""
)
OTHERS = {"DJANGO_SETTINGS_MODULE"}
SECRETS = {
    "SECRET_KEY": "x1-" * 20,
    "ALLOWED_HOSTS": "usage.example.com",
    "DATABASE_URL": "postgres://tmfusage@127.0.0.1/tmfusage",
}


def variables() -> set[str]:
    text = (ROOT / "tmfusage" / "settings.py").read_text()
    return {one or other for one, other in READ.findall(text)} - OTHERS


def start(**environment: str) -> subprocess.CompletedProcess:
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", "import tmfusage.settings"]
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=False)


def test_every_setting_is_documented():
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert len(variables()) > 30
    assert not variables() - documented


def test_every_documented_setting_exists():
    documented = set(re.findall(r"^\| `([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    read = "".join(path.read_text() for path in (ROOT / "tmfusage").rglob("*.py"))
    assert not {name for name in documented if name not in read}


def test_production_starts_with_its_secrets():
    assert start(**SECRETS).returncode == 0


@pytest.mark.parametrize("missing", SECRETS)
def test_production_refuses_to_start_without_a_secret(missing):
    refused = start(**{name: value for name, value in SECRETS.items() if name != missing})
    assert refused.returncode != 0
    assert f"{missing} must be set in production" in refused.stderr


def test_an_unknown_environment_is_refused():
    assert "allowed: production" in start(TMFUSAGE_ENV="staging").stderr
