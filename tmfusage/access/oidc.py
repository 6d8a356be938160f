"""Staff login at the operator's identity provider (OpenID Connect); optional.

An account exists only for people whose groups at the provider are mapped to one of our roles, and each
login brings name, address and roles up to date.
"""

import hashlib
import logging
import re
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import SuspiciousOperation
from django.db import transaction
from jwt import PyJWTError
from mozilla_django_oidc.auth import OIDCAuthenticationBackend

from tmfusage.access.roles import ROLES

log = logging.getLogger("tmfusage.access")

_NAME = re.compile(r"[\w.@+-]{1,140}")


class StaffBackend(OIDCAuthenticationBackend):
    """Logs staff in by the claims of the identity provider; nobody without a role gets an account."""

    def authenticate(self, request, **kwargs):
        """The member of staff; None when the provider is away or its answer is not usable."""
        try:
            return super().authenticate(request, **kwargs)
        except (OSError, KeyError, ValueError, PyJWTError) as error:
            log.warning("login at the identity provider failed: %s", type(error).__name__)
            return None

    def roles_of(self, claims: dict[str, Any]) -> list[str]:
        """Our roles that the person's groups at the provider are mapped to."""
        named = claims.get(self.get_settings("OIDC_GROUPS_CLAIM", "groups"), [])
        named = named.split() if isinstance(named, str) else named if isinstance(named, list) else []
        mapping = self.get_settings("OIDC_ROLES", {}) or {role: role for role in ROLES}
        groups = {each for each in named if isinstance(each, str)}
        return sorted({role for group, role in mapping.items() if group in groups and role in ROLES})

    def verify_claims(self, claims: dict[str, Any]) -> bool:
        """Whether the person is known by name and has a role."""
        return bool(self.get_username(claims) and self.roles_of(claims))

    def get_username(self, claims: dict[str, Any]) -> str:
        """The account's name, apart from those of local accounts."""
        name = claims.get(self.get_settings("OIDC_USERNAME_CLAIM", "sub"))
        if not isinstance(name, str) or not name:
            return ""
        return f"oidc.{name if _NAME.fullmatch(name) else hashlib.sha256(name.encode()).hexdigest()[:40]}"

    def filter_users_by_claims(self, claims: dict[str, Any]):
        """The account of an earlier login; one with a password belongs to someone else."""
        users = list(self.UserModel.objects.filter(username=self.get_username(claims)))
        if any(user.has_usable_password() for user in users):
            raise SuspiciousOperation("an account with a password has this name")
        return users

    def create_user(self, claims: dict[str, Any]):
        """A new account without a password."""
        user = self.UserModel(username=self.get_username(claims), is_staff=True)
        user.set_unusable_password()
        return self.update_user(user, claims)

    @transaction.atomic
    def update_user(self, user, claims: dict[str, Any]):
        """The account, with name, address and roles as the provider gives them now."""
        user.email = _text(claims.get("email"), 254)
        user.first_name = _text(claims.get("given_name"), 150)
        user.last_name = _text(claims.get("family_name"), 150)
        user.is_staff = True
        user.save()
        others = user.groups.exclude(name__in=ROLES)
        user.groups.set([*others, *Group.objects.filter(name__in=self.roles_of(claims))])
        return user

    def describe_user_by_claims(self, claims: dict[str, Any]) -> str:
        """For log lines: the account's name, not the person's address."""
        return self.get_username(claims)


def _text(claim: object, limit: int) -> str:
    return claim.replace("\x00", "")[:limit] if isinstance(claim, str) else ""
