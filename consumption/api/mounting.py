"""Where the APIs of consumption are, and their documents."""

from django.conf import settings
from django.urls import URLPattern, URLResolver

from consumption.api import balances, v4, v5
from tmfusage.hub.api import hub
from tmfusage.tmf.openapi import Document
from tmfusage.tmf.routers import api, resource

CONSUMPTION_V4 = Document(
    f"{settings.API_PREFIX}/usageConsumption/v4",
    "TMF677 Usage Consumption",
    "4.0.0",
    "What is left and what was used, computed from live buckets.",
)
CONSUMPTION_V5 = Document(
    f"{settings.API_PREFIX}/usageConsumption/v5",
    "TMF677 Usage Consumption",
    "5.1.0",
    "What is left and what was used, computed from live buckets.",
)
BALANCES_V4 = Document(
    f"{settings.API_PREFIX}/prepayBalanceManagement/v4",
    "TMF654 Prepay Balance Management",
    "4.0.0",
    "Buckets, and the actions that change what they hold; each one is done once and explained by a ledger.",
)
DOCUMENTS = (CONSUMPTION_V4, CONSUMPTION_V5, BALANCES_V4)


def patterns() -> list[URLPattern | URLResolver]:
    """The URL patterns of all of them."""
    return [
        *api(
            CONSUMPTION_V4.path,
            "usage-consumption-v4",
            "TMF677 Usage Consumption, version 4",
            ["queryUsageConsumption", "hub"],
            [
                *resource("queryUsageConsumption", v4.QueryUsageConsumptionViewSet, "query-usage-consumption-v4"),
                *hub("usageConsumption", "v4"),
            ],
        ),
        *api(
            CONSUMPTION_V5.path,
            "usage-consumption-v5",
            "TMF677 Usage Consumption, version 5",
            [*(name for name, *_ in v5.VIEWSETS), "hub"],
            [*(each for mounted in v5.VIEWSETS for each in resource(*mounted)), *hub("usageConsumption", "v5")],
        ),
        *api(
            BALANCES_V4.path,
            "prepay-balance-management-v4",
            "TMF654 Prepay Balance Management, version 4",
            [*(name for name, *_ in balances.VIEWSETS), "hub"],
            [
                *(each for mounted in balances.VIEWSETS for each in resource(*mounted)),
                *hub("prepayBalanceManagement", "v4"),
            ],
        ),
        *(document.pattern() for document in DOCUMENTS),
    ]
