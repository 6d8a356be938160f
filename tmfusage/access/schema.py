"""How OpenAPI documents describe bearer authentication."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class BearerScheme(OpenApiAuthenticationExtension):
    """An HTTP bearer scheme for API keys and JWTs."""

    target_class = "tmfusage.access.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The security scheme object."""
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "API key or JWT",
            "description": "An API key (`tmfu_…`, issued in the admin) or a JWT of the operator's identity provider.",
        }
