"""Callers of the API."""

import pytest

from tests.access.factories import make_client
from tests.calling import Api

EVERYTHING = ["spec:read", "spec:write", "usage:read", "usage:write"]


@pytest.fixture
def api(db) -> Api:
    """An integrator who may do everything."""
    return Api(make_client(scopes=EVERYTHING)[1])


@pytest.fixture
def partner(db) -> Api:
    """An integrator who acts for the party "acme" only."""
    return Api(make_client(scopes=EVERYTHING, party="acme")[1])
