"""Scopes at the door of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tmfusage.access.authentication import REALM
from tmfusage.access.principals import Principal
from tmfusage.access.scopes import needed

if TYPE_CHECKING:
    # DRF's views import this module, named in the settings, while they are being imported.
    from rest_framework.views import APIView


class ScopePermission(BasePermission):
    """Lets a caller in who has the scope that the view's `scope` and the method ask for.

    A view without a scope stays closed: forgetting to say who may enter must not open the door.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """True, or False without a caller (401), or PermissionDenied that names the scope (403)."""
        family = getattr(view, "scope", "")
        if not isinstance(request.user, Principal) or not family:
            return False
        scope = needed(family, request.method or "")
        if not request.user.may(scope):
            refusal = PermissionDenied(f'This needs the scope "{scope}".')
            refusal.auth_header = f'{REALM}, error="insufficient_scope", scope="{scope}"'
            raise refusal
        return True
