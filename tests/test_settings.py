"""Settings: every variable is documented, and production starts with its secrets or not at all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tmfusage.environment import Environment, postgresql

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


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HTTPS", "ture", "allowed: 1, true, yes, on or 0, false, no, off"),
        ("OIDC_ENABLED", "enabled", "allowed: 1, true"),
        ("DATABASE_STATEMENT_TIMEOUT_MS", "5s", "allowed: a whole number, without a unit"),
        ("API_PAGE_SIZE", "-1", "allowed: a whole number"),
        ("HUB_DEADLINE", "15s", "allowed: a number"),
        ("HUB_CONNECT_TIMEOUT", "nan", "allowed: a number"),
        ("HUB_RETRY_SCHEDULE", "5,soon", "allowed: a number"),
        ("OIDC_ROLES", "admins", "allowed: pairs, as in a=b,c=d"),
        ("LANGUAGE_CODE", "de", "allowed: en, en-gb, en-au (the setting LANGUAGES offers others)"),
        ("LANGUAGES", "en,klingon", "is 'klingon'; allowed: codes of languages"),
        ("LOCALE_PATHS", "/nowhere", "allowed: directories that exist"),
        ("SECRET_KEY", "abc", "has 3 characters; production wants 50"),
        ("SECRET_KEY", "x" * 49, "has 49 characters; production wants 50"),
        ("DATABASE_URL", "sqlite:///portal.db", "only PostgreSQL is supported"),
        ("DATABASE_URL", "mysql://root:secret@127.0.0.1/portal", "only PostgreSQL is supported"),
        ("DATABASE_URL", "postgis://127.0.0.1/portal", "only PostgreSQL is supported"),
        ("DATABASE_URL", "portal", "only PostgreSQL is supported"),
        ("DATABASE_URL", "postgres://root:secret@127.0.0.1:port/portal", "cannot be read"),
        ("DATABASE_URL", "postgres://root:secret@127.0.0.1", "names no database"),
    ],
)
def test_production_refuses_a_value_that_cannot_be_meant_and_names_the_variable(name, value, told):
    refused = start(**{**SECRETS, name: value})
    last = refused.stderr.strip().splitlines()[-1]
    assert refused.returncode != 0
    assert last.startswith(f"django.core.exceptions.ImproperlyConfigured: {name} ")
    assert told in last
    assert "secret" not in last


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", True), ("True", True), (" yes ", True), ("ON", True), ("0", False), ("false", False), ("Off", False)],
)
def test_flags_are_read_in_any_capitals(text, expected):
    assert Environment({"FLAG": text}).bool("FLAG", not expected) is expected


def test_what_is_not_set_has_its_default():
    for variables in ({}, {"X": ""}, {"X": " "}):
        env = Environment(variables)
        assert (env.bool("X", True), env.int("X", 5), env.float("X", 2.5)) == (True, 5, 2.5)
        assert env.floats("X", [1.0]) == [1.0]
    assert Environment({}).list("X", ["a"]) == ["a"]


def test_an_empty_list_is_a_list():
    assert Environment({"X": ""}).list("X", ["a"]) == []
    assert Environment({"X": " a, b,"}).list("X", []) == ["a", "b"]
    assert Environment({"X": "a=b, c = d=e"}).dict("X", {}) == {"a": "b", "c": "d=e"}


def test_a_text_is_taken_to_the_letter():
    assert Environment({"X": "$HOME "}).str("X", "") == "$HOME "


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_database_on_a_socket_is_read(scheme):
    read = postgresql("DATABASE_URL", f"{scheme}://ada@/portal?host=/run/postgresql")
    assert (read["ENGINE"], read["NAME"]) == ("django.db.backends.postgresql", "portal")
    assert read["OPTIONS"]["host"] == "/run/postgresql"
