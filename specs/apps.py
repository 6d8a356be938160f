"""The usage catalogue as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpecsConfig(AppConfig):
    """Usage specifications: what a usage must look like."""

    name = "specs"
    verbose_name = _("Usage catalogue")
