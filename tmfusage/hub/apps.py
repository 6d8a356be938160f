"""The hub as a Django app."""

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class HubConfig(AppConfig):
    """Listeners, the outbox of events, and their delivery."""

    name = "tmfusage.hub"
    label = "hub"
    verbose_name = _("Notifications")

    def ready(self) -> None:
        """Make the settings of deliveries be checked."""
        from tmfusage.hub.checks import check_deliveries  # noqa: PLC0415

        checks.register(check_deliveries, checks.Tags.security)
