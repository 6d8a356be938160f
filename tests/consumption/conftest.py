"""Who looks at the admin; and no memory: rules are remembered per process, so each test begins without."""

import pytest

from consumption.models import ConsumptionRule
from tests.usage.conftest import logged_in
from tmfusage.access import roles


@pytest.fixture(autouse=True)
def _nothing_remembered():
    ConsumptionRule.objects.forget()
    yield
    ConsumptionRule.objects.forget()


@pytest.fixture
def manager(db):
    """A browser of a product manager."""
    return logged_in(roles.PRODUCT_MANAGER)


@pytest.fixture
def agent(db):
    """A browser of a customer-care agent."""
    return logged_in(roles.CUSTOMER_CARE)


@pytest.fixture
def operator(db):
    """A browser of an operator."""
    return logged_in(roles.OPERATOR)
