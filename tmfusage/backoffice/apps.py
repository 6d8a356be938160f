"""The staff admin as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BackofficeConfig(AppConfig):
    """What staff see."""

    name = "tmfusage.backoffice"
    label = "backoffice"
    verbose_name = _("Back office")
