"""The demonstration data as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DemoConfig(AppConfig):
    """A believable operator to look at: catalogue, subscribers, usages and logins."""

    name = "tmfusage.demo"
    label = "demo"
    verbose_name = _("Demonstration")
