"""Listeners on loopback, and a quiet nudger: what wakes workers is tested where workers are."""

import pytest

from tests.hub.listening import Listener, listening
from tmfusage.hub import nudging


@pytest.fixture(autouse=True)
def _no_nudges(monkeypatch):
    monkeypatch.setattr(nudging.Nudger, "__call__", lambda _self: None)


@pytest.fixture
def listener():
    """Somebody who takes every event."""
    with listening() as one:
        yield one


@pytest.fixture
def other_listener() -> Listener:
    """Somebody else."""
    with listening() as one:
        yield one
