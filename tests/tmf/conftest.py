"""What tests of the conventions share."""

import pytest

from tmfusage.tmf.query.resolving import Attributes
from usage.api.v4 import Usage
from usage.models import Usage as UsageModel


@pytest.fixture(scope="session")
def usage_attributes() -> Attributes:
    """The attributes of Usage in version 4."""
    return Attributes(Usage, UsageModel)
