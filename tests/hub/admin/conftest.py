"""Staff who look at listeners."""

import pytest
from django.test import Client

from tests.usage.conftest import logged_in
from tmfusage.access import roles


@pytest.fixture
def operator(db) -> Client:
    """Somebody who may act on listeners."""
    return logged_in(roles.OPERATOR)


@pytest.fixture
def auditor(db) -> Client:
    """Somebody who reads everything and changes nothing."""
    return logged_in(roles.AUDITOR)
