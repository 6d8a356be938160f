"""The conventions of TMF630 as a Django app, so that its parts can use Django's checks."""

from django.apps import AppConfig


class TmfConfig(AppConfig):
    """TMF630 once, for every resource."""

    name = "tmfusage.tmf"
    label = "tmf"
