"""What the tests of the demonstration share: one fixed time, and the usages made for it."""

from datetime import UTC, datetime

import pytest

from tmfusage.demo.catalogue import specifications
from tmfusage.demo.usages import DemoUsage, usages

NOW = datetime(2025, 6, 17, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def made() -> list[DemoUsage]:
    return usages(NOW)


@pytest.fixture(scope="session")
def catalogue() -> dict[str, dict]:
    return {document["id"]: document for document in specifications(NOW)}
