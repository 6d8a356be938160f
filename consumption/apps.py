"""What is left of what was bought, as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsumptionConfig(AppConfig):
    """Buckets, their ledger, and how usages take from them."""

    name = "consumption"
    verbose_name = _("Consumption")

    def ready(self) -> None:
        """Let usages take from buckets, and listeners read in their version's words."""
        from consumption import wording  # noqa: PLC0415
        from consumption.consuming import CONSUMER  # noqa: PLC0415
        from usage.models import Usage  # noqa: PLC0415

        if CONSUMER not in Usage.consumers:
            Usage.consumers.append(CONSUMER)
        wording.register()
