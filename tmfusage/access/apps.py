"""Access as a Django app."""

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from tmfusage.tmf import keeping


class AccessConfig(AppConfig):
    """Who may do what."""

    name = "tmfusage.access"
    label = "access"
    verbose_name = _("Access")

    def ready(self) -> None:
        """Make roles follow every migration, and settings and OpenAPI be checked and described."""
        from tmfusage.access import schema  # noqa: F401, PLC0415  (registers itself with drf-spectacular)
        from tmfusage.access.checks import check_tokens  # noqa: PLC0415
        from tmfusage.access.repeating import Sent  # noqa: PLC0415
        from tmfusage.access.roles import grant_after_migrate  # noqa: PLC0415

        keeping.register(Sent())
        checks.register(check_tokens, checks.Tags.security)
        post_migrate.connect(grant_after_migrate, dispatch_uid="tmfusage.access.roles")
