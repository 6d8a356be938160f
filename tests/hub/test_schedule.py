"""Retry delays, breaker and giving up, as numbers."""

import pytest

from tmfusage.hub import schedule

HOURS = 3600


def test_ten_attempts_take_three_days_and_a_bit():
    delays = [schedule.retry_delay(n, 500, "http", spread=1) for n in range(1, 10)]
    assert sum(delays) == 75 * HOURS + 35 * 60 + 5
    assert schedule.retry_delay(10, 500, "http") is None


def test_delays_are_spread():
    delays = {schedule.retry_delay(3, 500, "http") for _ in range(50)}
    assert len(delays) > 10
    assert all(1440 <= delay <= 2160 for delay in delays)


@pytest.mark.parametrize(
    ("status", "error"), [(None, "timeout"), (429, "http"), (502, "http"), (503, "http"), (504, "http")]
)
def test_an_overloaded_listener_gets_a_minute(status, error):
    assert schedule.retry_delay(1, status, error, spread=1) == 60


@pytest.mark.parametrize(("asked", "given"), [(1, 300), (450, 450), (86_400, 600), (None, 300)])
def test_retry_after_is_honoured_within_reason(asked, given):
    assert schedule.retry_delay(2, 400, "http", retry_after=asked, spread=1) == given


def test_the_breaker_opens_for_longer_each_time():
    seconds, before = [], 0
    for _ in range(7):
        before = schedule.breaker_seconds(before)
        seconds.append(before)
    assert seconds == [30, 60, 120, 240, 480, 900, 900]


def test_the_breaker_opens_after_ten_failures():
    assert [schedule.opens_breaker(n) for n in (9, 10, 11)] == [False, True, True]


@pytest.mark.parametrize(
    ("failures", "hours", "gives_up"), [(50, 121, True), (50, 119, False), (9, 500, False), (10, 121, True)]
)
def test_a_listener_is_disabled_after_five_days_without_a_success(failures, hours, gives_up):
    assert schedule.gives_up(failures, hours * HOURS) is gives_up
