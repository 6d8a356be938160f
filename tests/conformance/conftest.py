"""The product as another process serves it, on the test database."""

import os
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.conformance.serving import granian


@pytest.fixture(scope="module")
def server(key, tmp_path_factory):
    """The product on the test database, as another process serves it."""
    url = urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}"))
    env = {"DATABASE_URL": url, "TMFUSAGE_ENV": "test", "DJANGO_SETTINGS_MODULE": "tmfusage.settings"}
    with granian("tmfusage.wsgi:application", env, tmp_path_factory.mktemp("server") / "granian.log") as served:
        yield served
