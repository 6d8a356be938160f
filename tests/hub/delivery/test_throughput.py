"""Many deliveries: all arrive, and the memory stays where it was."""

import asyncio

from tests.benchmarks.deliveries import deliver, listening, measure_tls
from tests.hub.delivery.sending import Memory


def test_thousands_of_deliveries_leave_no_trace_in_memory():
    with listening(listeners=4, pause=0.0) as callbacks:
        asyncio.run(deliver(callbacks, 500, in_flight=32))
        with Memory() as memory:
            rate = asyncio.run(deliver(callbacks, 4_000, in_flight=32))
    assert rate.delivered == rate.deliveries == 4_000
    assert memory.risen < 16


def test_the_benchmark_delivers_over_tls():
    assert measure_tls(deliveries=40, listeners=2, in_flight=8).per_second > 0
