"""Which APIs are tried."""

DOCUMENTS = ["/tmf-api/usageManagement/v4/openapi.json"]
