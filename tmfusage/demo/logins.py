"""The people and the API client of the demonstration; their secrets come from the environment."""

import os
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from tmfusage.access.models import ApiClient
from tmfusage.access.roles import AUDITOR, CUSTOMER_CARE, OPERATOR, PRODUCT_MANAGER
from tmfusage.access.scopes import Scope

MADE_BY = "load_demo"
CLIENT = "demo"
KEY_VARIABLE = "DEMO_API_KEY"


@dataclass(frozen=True, slots=True)
class Login:
    """A member of staff: user name, given and family name, role, and where the password stands."""

    username: str
    first_name: str
    last_name: str
    group: str
    variable: str


LOGINS = (
    Login("admin", "Tegan", "Underhill", "", "DEMO_ADMIN_PASSWORD"),
    Login("product.manager", "Ines", "Carvalhal", PRODUCT_MANAGER, "DEMO_PM_PASSWORD"),
    Login("care.agent", "Obinna", "Okeke", CUSTOMER_CARE, "DEMO_AGENT_PASSWORD"),
    Login("operator", "Mikko", "Koskela", OPERATOR, "DEMO_OPERATOR_PASSWORD"),
    Login("auditor", "Hiwot", "Desta", AUDITOR, "DEMO_AUDITOR_PASSWORD"),
)


def make_logins(reset: bool) -> list[str]:
    """Make the users that are missing, and with `reset` give all the passwords of the environment; who was touched."""
    return [login.username for login in LOGINS if _make(login, reset)]


def make_client(reset: bool) -> bool:
    """Make the API client with all scopes if it is missing; then, or with `reset`, it takes the environment's key."""
    client, made = ApiClient.objects.get_or_create(
        name=CLIENT,
        defaults={
            "description": "Tries out every API of the demonstration.",
            "scopes": Scope.values,
            "created_by": MADE_BY,
        },
    )
    if not (made or reset):
        return False
    if key := os.environ.get(KEY_VARIABLE):
        try:
            client.adopt_key(key, by=MADE_BY)
        except ValidationError as exc:
            raise CommandError(f"{KEY_VARIABLE}: {' '.join(exc.messages)}") from exc
    return True


def missing_secrets() -> list[str]:
    """The variables that are not set, so that nobody can come in with them."""
    variables = [*(login.variable for login in LOGINS), KEY_VARIABLE]
    return [variable for variable in variables if not os.environ.get(variable)]


def _make(login: Login, reset: bool) -> bool:
    user, made = get_user_model().objects.get_or_create(
        username=login.username,
        defaults={
            "first_name": login.first_name,
            "last_name": login.last_name,
            "email": f"{login.username}@larkspur.example",
            "is_staff": True,
            "is_superuser": not login.group,
        },
    )
    password = os.environ.get(login.variable)
    if not made and not (reset and password):
        return False
    # None makes the password unusable.
    user.set_password(password or None)
    user.save(update_fields=["password"])
    if login.group:
        user.groups.set([Group.objects.get(name=login.group)])
    return True
