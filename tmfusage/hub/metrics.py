"""What operators see of the hub: attempts and leases as they happen, queues when they are asked for."""

from collections.abc import Iterator

from django.db import Error
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from tmfusage.hub import health
from tmfusage.hub.models import Delivery, Event, Hub

ATTEMPTS = Counter("tmfusage_hub_attempts_total", "Attempts to deliver an event", ["result"])
ATTEMPT_SECONDS = Histogram(
    "tmfusage_hub_attempt_seconds",
    "Time of an attempt to deliver an event",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15),
)
TAKEOVERS = Counter("tmfusage_hub_lease_takeovers_total", "Leases taken over from a worker that vanished")
BREAKER = {Hub.Breaker.CLOSED: 0, Hub.Breaker.PROBING: 1, Hub.Breaker.OPEN: 2}


class QueueCollector(Collector):
    """Lag, pending and dead deliveries and breakers, read from the database when metrics are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges; none while the database is away."""
        try:
            yield from self._gauges()
        except Error:
            return

    @staticmethod
    def _gauges() -> list[GaugeMetricFamily]:
        lag = GaugeMetricFamily("tmfusage_hub_outbox_lag_seconds", "Age of the oldest event without listeners found")
        lag.add_metric([], Event.objects.lag())
        late = GaugeMetricFamily("tmfusage_hub_overdue_seconds", "How long the oldest delivery that is due has been so")
        late.add_metric([], health.overdue())
        families = {
            name: GaugeMetricFamily(f"tmfusage_hub_{name}", text, labels=["hub"])
            for name, text in {
                "lag_seconds": "Age of the oldest event that the listener is still to get",
                "pending": "Deliveries to be made",
                "dead": "Deliveries given up",
                "breaker_state": "0 delivering, 1 probing, 2 waiting",
                "delivering": "1 when the listener is active",
            }.items()
        }
        counts, hubs = Delivery.objects.counts(), list(Hub.objects.standing())
        lags = health.lags(hubs)
        for hub in hubs:
            own = counts.get(hub.pk, {})
            families["lag_seconds"].add_metric([hub.pk], lags.get(hub.pk, 0.0))
            families["pending"].add_metric([hub.pk], own.get(Delivery.State.PENDING, 0))
            families["dead"].add_metric([hub.pk], own.get(Delivery.State.DEAD, 0))
            families["breaker_state"].add_metric([hub.pk], BREAKER[hub.breaker])
            families["delivering"].add_metric([hub.pk], hub.state == Hub.State.ACTIVE)
        return [lag, late, *families.values()]


QUEUES = CollectorRegistry()
QUEUES.register(QueueCollector())
