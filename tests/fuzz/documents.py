"""Which APIs are tried."""

DOCUMENTS = [
    "/tmf-api/usageManagement/v4/openapi.json",
    "/tmf-api/usageConsumption/v4/openapi.json",
    "/tmf-api/usageConsumption/v5/openapi.json",
    "/tmf-api/prepayBalanceManagement/v4/openapi.json",
]
