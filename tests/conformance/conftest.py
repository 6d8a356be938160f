"""The product as another process serves it, on the test database."""

import pytest

from tests.conformance.serving import granian
from tests.other_process import environment


@pytest.fixture(scope="module")
def server(key, tmp_path_factory):
    """The product on the test database, as another process serves it."""
    log = tmp_path_factory.mktemp("server") / "granian.log"
    with granian("tmfusage.wsgi:application", environment(), log) as served:
        yield served
