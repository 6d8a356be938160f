"""The caller whom the tests of the API know."""

from tests.api.conftest import api, partner

__all__ = ["api", "partner"]
