"""Every resource in every version keeps the rules of TMF630."""

import pytest

from tests.api.payloads import call_of, voice_specification
from tests.contract import *  # noqa: F403 (its tests and fixtures are run here)
from tests.contract import Described
from tests.contract_writing import *  # noqa: F403

TMF635 = "/tmf-api/usageManagement/v4"
ACME = [{"id": "acme", "role": "customer", "@referredType": "Organization"}]
RESOURCES = [
    Described(
        TMF635,
        "usage",
        call_of(description="words", relatedParty=ACME),
        text="description",
        word="usageType",
        moment="usageDate",
        legacy=("type", "usageType"),
    ),
    Described(
        TMF635,
        "usageSpecification",
        voice_specification(description="words", relatedParty=ACME),
        text="description",
        word="name",
        legacy=("", ""),
    ),
    Described(
        "/tmf-api/prepayBalanceManagement/v4",
        "bucket",
        {"usageType": "data", "name": "word", "description": "words", "relatedParty": ACME},
        text="description",
        word="name",
    ),
]


@pytest.fixture(params=RESOURCES, ids=str)
def resource(request) -> Described:
    """The resource that is judged."""
    return request.param
