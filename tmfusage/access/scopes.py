"""Scopes: what an API client may be allowed to do."""

from django.db import models
from django.utils.translation import gettext_lazy as _

READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Scope(models.TextChoices):
    """One door that an API client may pass."""

    SPEC_READ = "spec:read", _("Read usage specifications")
    SPEC_WRITE = "spec:write", _("Write usage specifications")
    USAGE_READ = "usage:read", _("Read usages")
    USAGE_WRITE = "usage:write", _("Write usages")
    CONSUMPTION_READ = "consumption:read", _("Read buckets and consumption")
    CONSUMPTION_WRITE = "consumption:write", _("Write buckets and consumption")
    HUB = "hub", _("Register listeners")


KNOWN_SCOPES = frozenset(Scope.values)


def needed(family: str, method: str) -> str:
    """The scope that a request needs, such as "usage:read"; a family that is a scope itself needs just that."""
    if family in KNOWN_SCOPES:
        return family
    return f"{family}:{'read' if method in READING else 'write'}"
