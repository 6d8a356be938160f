"""API clients for tests."""

from collections.abc import Iterable
from itertools import count

from tmfusage.access.models import ApiClient
from tmfusage.access.scopes import Scope

_numbers = count(1)


def make_client(
    scopes: Iterable[str] = tuple(Scope.values), party: str = "", name: str = "", **fields
) -> tuple[ApiClient, str]:
    """A client with a valid key, and the key."""
    client = ApiClient(name=name or f"test-{next(_numbers)}", scopes=list(scopes), party=party, **fields)
    client.full_clean()
    client.save()
    return client, client.issue_key(by="tests")[1]
