"""A prepaid line as an operator's mapping shows it: balances, a loan, states without a value, localised bundles."""

from typing import Any

NUMBER = "968987654321"
# The mapping says June 2025; a bundle of then has expired.
PERIOD = {"startDateTime": "2025-06-01T00:00:00Z", "endDateTime": "2099-06-30T23:59:59Z"}
MONEY = (
    ("PREPAID_BALANCE", "Prepaid Balance"),
    ("POSTPAID_BALANCE", "Postpaid Balance"),
    ("POSTPAID_CREDIT_LIMIT", "Postpaid Credit Limit"),
    ("OUTSTANDING_LOAN", "Outstanding Loan"),
    ("OUTSTANDING_PAYMENTS", "Outstanding Payments"),
    ("OUTSTANDING_SERVICE_FEES", "Outstanding Service Fees"),
    ("ADJUSTED_LOAN_AMOUNT", "Adjusted Loand Amount"),
)
STATES = (
    ("UBCL_STATUS", "suspended", "UBCL Status"),
    ("CREDIT_LIMIT_REACHED", "active", "Credit Limit Status"),
    ("ROAMING_BARRED", "active", "Roaming Barriing Status"),
)
NAMES = (
    "ARABIC_NAME",
    "BUNDLE_STATUS",
    "TOTAL_BALANCE",
    "IS_UNLIMITED",
    "IS_ROAMING",
    "IS_MULTIPLE_SUBSCRIPTION_ALLOWED",
)


def characteristics(*values: str) -> list[dict[str, str]]:
    """The six characteristics of a bundle."""
    return [
        {"name": name, "value": value, "valueType": "number" if name == "TOTAL_BALANCE" else "string"}
        for name, value in zip(NAMES, values, strict=True)
    ]


def quantity(amount: float, units: str) -> dict[str, Any]:
    """A Quantity."""
    return {"amount": amount, "units": units}


BUNDLES: list[dict[str, Any]] = [
    {
        "id": "1201390",
        "remainingValue": quantity(0, ""),
        "characteristic": characteristics("", "", "", "", "", ""),
    },
    {
        "id": "1271252",
        "name": "5GB Global Data",
        "usageType": "data",
        "remainingValue": quantity(1024, "MB"),
        "characteristic": characteristics("5جيجابايت حول العالم ", "0", "5120", "N", "1", "0"),
    },
    {
        "id": "1270621",
        "name": "Unlimited national calls",
        "usageType": "voice",
        "remainingValue": quantity(100, "Minutes"),
        "characteristic": characteristics("مكالمات محليه غير محدوده ", "0", "10000", "N", "1", "0"),
    },
]
BUCKETS: list[dict[str, Any]] = [
    *(
        {"id": key, "usageType": "OMR", "status": "active", "name": name, "remainingValue": quantity(1.5, "OMR")}
        for key, name in MONEY
    ),
    *({"id": key, "status": status, "name": name} for key, status, name in STATES),
    *({**bundle, "status": "active", "validFor": PERIOD} for bundle in BUNDLES),
]
HEADING: list[dict[str, str]] = [
    {"name": "STATUS", "value": "ACTIVE", "valueType": "string"},
    {"name": "COMMUNICATION_LANGUAGE", "value": "1", "valueType": "string"},
]
REQUEST = {
    "searchCriteria": {
        "logicalResource": [
            {
                "id": NUMBER,
                "characteristic": [
                    {"name": "DataUsageSummaryRequired", "value": "DATA"},
                    {"name": "IsLanguageInfoRequired", "value": "Y"},
                    {"name": "paidMode", "value": "PREP"},
                ],
            }
        ]
    }
}
RESPONSE = {
    "usageConsumption": [
        {
            "logicalResource": [{"id": NUMBER}],
            "validPeriod": {"endDateTime": "2025-06-22T23:59:59Z"},
            "relatedParty": [{"id": "3243242432"}],
            "characteristic": HEADING,
            "bucketRefOrValue": BUCKETS,
        }
    ]
}
