"""What is wrong with the settings of access, said at start."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning

from tmfusage.access.jwks import ASYMMETRIC


def check_tokens(app_configs, **_kwargs) -> list[CheckMessage]:
    """Everything that would keep JWTs from being accepted as the settings intend."""
    if not settings.JWT_JWKS:
        return []
    messages: list[CheckMessage] = [
        Error(f"JWT_JWKS is set, but {name} is not: every JWT would be refused.", id="access.E001")
        for name in ("JWT_ISSUER", "JWT_AUDIENCE")
        if not getattr(settings, name)
    ]
    if urlsplit(settings.JWT_JWKS).scheme not in {"http", "https", "file", ""}:
        messages.append(Error("JWT_JWKS must be an http(s) URL or a file.", id="access.E002"))
    if not ASYMMETRIC & set(settings.JWT_ALGORITHMS):
        messages.append(Error("JWT_ALGORITHMS names no asymmetric algorithm.", id="access.E003"))
    if ignored := sorted(set(settings.JWT_ALGORITHMS) - ASYMMETRIC):
        names = ", ".join(ignored)
        messages.append(Warning(f"JWT_ALGORITHMS: {names} will not be accepted.", id="access.W004"))
    return messages
