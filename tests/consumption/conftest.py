"""Rules are remembered per process, so each test begins without memory."""

import pytest

from consumption.models import ConsumptionRule


@pytest.fixture(autouse=True)
def _nothing_remembered():
    ConsumptionRule.objects.forget()
    yield
    ConsumptionRule.objects.forget()
