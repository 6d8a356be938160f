"""The invented operator of the demonstration, its partners and its systems."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Organization:
    """A company that takes part in a usage."""

    id: str
    name: str


OPERATOR = Organization("ORG-LARKSPUR", "Larkspur Mobile")
STUDIO = Organization("ORG-TIDEPOOL", "Tidepool Pictures")

CURRENCY = "GBP"
PARTIES = "https://crm.larkspur.example/tmf-api/partyManagement/v4"
PRODUCTS = "https://crm.larkspur.example/tmf-api/productInventory/v4/product"
DOCUMENTS = "https://docs.larkspur.example/usage"

MEDIATION = "client:mediation"
GUIDING = "client:guiding"
RATING = "client:rating"
BILLING = "client:billing"
STAFF = "operator"
