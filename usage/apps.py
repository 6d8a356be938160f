"""Usage records as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsageConfig(AppConfig):
    """Usages: what subscribers used."""

    name = "usage"
    verbose_name = _("Usages")

    def ready(self) -> None:
        """Let the catalogue try records as they would be received here."""
        from specs.trying import register  # noqa: PLC0415
        from usage.trying import dry_run  # noqa: PLC0415

        register(dry_run)
