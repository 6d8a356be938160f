"""Typed readers of environment variables: a value that cannot be meant is refused by name, never guessed."""

from __future__ import annotations

import builtins
import math
import os
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environ import Env

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
POSTGRESQL = "django.db.backends.postgresql"
SCHEMES = ("postgres", "postgresql", "pgsql")


class Environment:
    """The variables of the process; a number or flag that is empty counts as not set."""

    def __init__(self, variables: Mapping[builtins.str, builtins.str] = os.environ):
        self._variables = variables

    def str(self, name: builtins.str, default: builtins.str) -> builtins.str:
        """The text as it stands."""
        return self._variables.get(name, default)

    def bool(self, name: builtins.str, default: builtins.bool) -> builtins.bool:
        """A flag."""
        text = self._text(name).lower()
        if not text:
            return default
        if text not in {*TRUE, *FALSE}:
            raise refusal(name, text, f"{', '.join(TRUE)} or {', '.join(FALSE)}")
        return text in TRUE

    def int(self, name: builtins.str, default: builtins.int) -> builtins.int:
        """A whole number, 0 or more."""
        text = self._text(name)
        if not text:
            return default
        if not (text.isascii() and text.isdigit()):
            raise refusal(name, text, "a whole number, without a unit")
        return int(text)

    def float(self, name: builtins.str, default: builtins.float) -> builtins.float:
        """A number, 0 or more."""
        text = self._text(name)
        return _number(name, text) if text else default

    def list(self, name: builtins.str, default: Iterable[builtins.str]) -> builtins.list[builtins.str]:
        """Words, separated by commas; set but empty: none."""
        return list(default) if name not in self._variables else _words(self._variables[name])

    def floats(self, name: builtins.str, default: Iterable[builtins.float]) -> builtins.list[builtins.float]:
        """Numbers, separated by commas."""
        given = _words(self._text(name))
        return [_number(name, each) for each in given] if given else list(default)

    def dict(
        self, name: builtins.str, default: Mapping[builtins.str, builtins.str]
    ) -> builtins.dict[builtins.str, builtins.str]:
        """Pairs, as in `a=b,c=d`."""
        if name not in self._variables:
            return dict(default)
        pairs = [each.partition("=") for each in _words(self._variables[name])]
        if wrong := next((key for key, sign, _value in pairs if not (key and sign)), None):
            raise refusal(name, wrong, "pairs, as in a=b,c=d")
        return {key.strip(): value.strip() for key, _sign, value in pairs}

    def _text(self, name: builtins.str) -> builtins.str:
        return self._variables.get(name, "").strip()


def refusal(name: str, found: str, allowed: str) -> ImproperlyConfigured:
    """The error that names the variable, what stands there and what may."""
    return ImproperlyConfigured(f"{name} is {found[:80]!r}; allowed: {allowed}. See docs/settings.md.")


def long_enough(name: str, key: str, least: int) -> str:
    """The key, when it has as many characters."""
    if len(key) < least:
        raise ImproperlyConfigured(f"{name} has {len(key)} characters; production wants {least} random ones or more.")
    return key


def postgresql(name: str, url: str) -> dict[str, Any]:
    """Django's settings of the PostgreSQL database at the URL, which is never shown: it holds a password."""
    scheme = url.partition(":")[0].lower()
    if scheme not in SCHEMES:
        raise refusal(name, f"{scheme}:…", "postgres://user:password@host:5432/name; only PostgreSQL is supported")
    try:
        database: dict[str, Any] = dict(Env.db_url_config(url, engine=POSTGRESQL))
    except ValueError as exc:
        raise ImproperlyConfigured(f"{name} cannot be read; write postgres://user:password@host:5432/name.") from exc
    if not database["NAME"]:
        raise ImproperlyConfigured(f"{name} names no database; write postgres://user:password@host:5432/name.")
    return database


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise refusal(name, text, "a number, without a unit")
    return number


def connecting(database: dict[str, Any], *, timeout_ms: int, prepared: bool, pool: int, kept: bool) -> dict[str, Any]:
    """The database with how it is connected to: each thread keeps its connection, or takes one of a pool of that size.

    A connection that is kept is cheaper than a pool for every request. What a pool hands out may have been ended by the
    server meanwhile, so it is tried first.
    """
    options = {
        **database.get("OPTIONS", {}),
        "options": f"-c statement_timeout={timeout_ms}",
        "application_name": "tmfusage",
        "connect_timeout": 5,
        # Statements that bind on the server are prepared from their sixth run on; Django's own never are.
        "prepare_threshold": 5 if prepared else None,
    }
    if pool:
        options["pool"] = {"min_size": 2, "max_size": pool, "timeout": 5}
    age = 0 if pool or not kept else None
    return {**database, "OPTIONS": options, "CONN_MAX_AGE": age, "CONN_HEALTH_CHECKS": bool(pool)}
