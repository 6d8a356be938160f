"""What another process needs in order to use the tests' database."""

import os
from urllib.parse import urlsplit

from django.db import connection


def database_url() -> str:
    """The URL of the database of this test process, not of the one it was made from."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def environment(**settings: str) -> dict[str, str]:
    """The product on the tests' database, with these settings."""
    names = {"TMFUSAGE_ENV": "test", "DJANGO_SETTINGS_MODULE": "tmfusage.settings"}
    return {"DATABASE_URL": database_url(), **names, **settings}
