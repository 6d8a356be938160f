"""What operators see of the hub."""

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from tests.hub.making import happen, make_hub
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Hub

pytestmark = pytest.mark.django_db(transaction=True)


def figures() -> dict[str, float]:
    """The hub's lines of /metrics."""
    lines = Client().get("/metrics").content.decode().splitlines()
    return {
        name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line.startswith("tmfusage_hub"))
    }


def test_queues_and_breakers_are_measured(listener):
    hub = make_hub(listener.url)
    happen()
    before = figures()
    assert before[f'tmfusage_hub_pending{{hub="{hub.pk}"}}'] == 0
    assert before["tmfusage_hub_outbox_lag_seconds"] > 0
    Drain().run()
    Hub.objects.update(state=Hub.State.PAUSED)
    after = figures()
    assert after["tmfusage_hub_outbox_lag_seconds"] == 0
    assert after[f'tmfusage_hub_breaker_state{{hub="{hub.pk}"}}'] == 0
    assert after[f'tmfusage_hub_delivering{{hub="{hub.pk}"}}'] == 0


def test_attempts_are_counted_by_what_came_of_them(listener):
    def count(result: str) -> float:
        return REGISTRY.get_sample_value("tmfusage_hub_attempts_total", {"result": result}) or 0.0

    before = count("delivered"), count("http")
    answers = iter([204, 400])
    listener.answer = lambda _received: next(answers)
    make_hub(listener.url)
    happen("one")
    Drain().run()
    happen("two")
    Drain().run()
    assert (count("delivered"), count("http")) == (before[0] + 1, before[1] + 1)


def test_a_takeover_is_counted(listener):
    def count() -> float:
        return REGISTRY.get_sample_value("tmfusage_hub_lease_takeovers_total") or 0.0

    before = count()
    make_hub(listener.url)
    happen()
    Hub.objects.update(lease_token="01a2088f-16b6-705d-b822-b951881a421a", lease_until="2020-01-01T00:00:00Z")
    Drain().run()
    assert count() == before + 1
