"""Staff who look at listeners."""

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from tmfusage.access import roles


def logged_in(role: str) -> Client:
    """A browser of somebody with the role."""
    user = User.objects.create_user(role.split(maxsplit=1)[0].lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def operator(db) -> Client:
    """Somebody who may act on listeners."""
    return logged_in(roles.OPERATOR)


@pytest.fixture
def auditor(db) -> Client:
    """Somebody who reads everything and changes nothing."""
    return logged_in(roles.AUDITOR)
