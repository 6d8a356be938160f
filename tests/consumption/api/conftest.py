"""Callers of the APIs of consumption."""

import pytest

from tests.access.factories import make_client
from tests.calling import Api

V4, V5 = "/tmf-api/usageConsumption/v4", "/tmf-api/usageConsumption/v5"
BALANCES = "/tmf-api/prepayBalanceManagement/v4"
SCOPES = ["consumption:read", "consumption:write"]


@pytest.fixture
def v4(db) -> Api:
    """An integrator of TMF677 v4."""
    return Api(make_client(scopes=SCOPES)[1], V4)


@pytest.fixture
def v5(db) -> Api:
    """An integrator of TMF677 v5."""
    return Api(make_client(scopes=SCOPES)[1], V5)


@pytest.fixture
def balances(db) -> Api:
    """An integrator of TMF654 v4."""
    return Api(make_client(scopes=SCOPES)[1], BALANCES)


@pytest.fixture
def partner(db) -> Api:
    """An integrator of TMF677 v4 who acts for the party "ada" only."""
    return Api(make_client(scopes=SCOPES, party="ada")[1], V4)
