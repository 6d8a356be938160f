"""The served document, and callers of the API it describes."""

import pytest
from django.test import Client

from tests.access.factories import make_client
from tests.calling import USAGE_API, Api
from tests.openapi.agreement import Agreement

DOCUMENT = f"{USAGE_API}/openapi.json"
EVERYTHING = ["spec:read", "spec:write", "usage:read", "usage:write"]


@pytest.fixture(scope="session")
def document() -> dict:
    """The document as anybody gets it."""
    return Client().get(DOCUMENT).json()


@pytest.fixture(scope="session")
def agreement(document) -> Agreement:
    """Judges answers by the document."""
    return Agreement(document)


@pytest.fixture
def api(db) -> Api:
    """An integrator who may do everything."""
    return Api(make_client(scopes=EVERYTHING)[1])
