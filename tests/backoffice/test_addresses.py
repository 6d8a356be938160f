"""Where the admin is found."""

import pytest
from django.test import Client


@pytest.mark.parametrize("address", ["/", "/admin"])
def test_these_lead_to_the_admin(address):
    response = Client().get(address)
    assert (response.status_code, response["Location"]) == (302, "/admin/")


@pytest.mark.parametrize("address", ["/admin/usage/usage", "/tmf-api/usageManagement/v4"])
def test_no_other_address_gains_a_slash(db, address):
    response = Client().get(address)
    assert response.get("Location") != f"{address}/"
