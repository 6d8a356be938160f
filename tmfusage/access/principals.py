"""Principal: the authenticated caller of the API, as `request.user`."""

from dataclasses import dataclass

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, what the caller may do, and for which party alone, if any."""

    client_id: str
    label: str
    scopes: frozenset[str]
    party: str | None = None

    # What Django and DRF ask of any user.
    is_authenticated = True
    is_anonymous = False
    is_active = True
    is_staff = False
    is_superuser = False

    def __str__(self) -> str:
        return self.label

    @property
    def pk(self) -> str:
        """The client's id."""
        return self.client_id

    def get_username(self) -> str:
        """The name for logs."""
        return self.label

    def may(self, scope: str) -> bool:
        """Whether the caller has the scope."""
        return scope in self.scopes


def staff_label(request: HttpRequest) -> str:
    """Who of the staff asks, as histories note it."""
    return f"staff:{request.user.get_username()}"
