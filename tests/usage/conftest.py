"""Staff who look at usages, and a specification with a unique value."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client

from specs.models import UsageSpecification
from tests.specs.factories import make_specification
from tmfusage.access import roles

ADDRESS = "/admin/usage/usage/"


@pytest.fixture(autouse=True)
def _nothing_remembered():
    cache.clear()


def logged_in(role: str) -> Client:
    """A browser of somebody with the role."""
    user = User.objects.create_user(role.split(maxsplit=1)[0].lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def operator(db) -> Client:
    """Somebody who may move usages."""
    return logged_in(roles.OPERATOR)


@pytest.fixture
def auditor(db) -> Client:
    """Somebody who reads everything and changes nothing."""
    return logged_in(roles.AUDITOR)


@pytest.fixture
def ticketed(db) -> UsageSpecification:
    """A specification whose ticket is unique among its usages."""
    return make_specification(specCharacteristic=[{"name": "ticket", "isUnique": True}, {"name": "note"}])
