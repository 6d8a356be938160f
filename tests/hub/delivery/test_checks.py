"""Mistakes in the settings of deliveries are told at the start."""

import pytest

from tmfusage.hub.checks import check_deliveries


def test_the_defaults_are_fine():
    assert check_deliveries(None) == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("HUB_ALLOWED_NETWORKS", ["10.20.0.1/16"], "hub.E001"),
        ("HUB_ALLOWED_NETWORKS", ["listener.example.com"], "hub.E001"),
        ("HUB_CA_FILE", "/nowhere.pem", "hub.E002"),
        ("HUB_CA_FILE", __file__, "hub.E002"),
        ("HUB_CONNECT_TIMEOUT", 0, "hub.E003"),
        ("HUB_DEADLINE", 1, "hub.E003"),
        ("HUB_ALLOWED_PORTS", ["443", "https"], "hub.E004"),
        ("HUB_SECRET_KEYS", ["short"], "hub.W005"),
    ],
)
def test_a_mistake_is_told(name, value, told, settings):
    setattr(settings, name, value)
    assert [message.id for message in check_deliveries(None)] == [told]
