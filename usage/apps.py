"""Usage records as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UsageConfig(AppConfig):
    """Usages: what subscribers used."""

    name = "usage"
    verbose_name = _("Usages")
