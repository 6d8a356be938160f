"""From a commit to a listener through a real broker and a real worker, and without either."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from tests.hub.making import happen, make_hub
from tests.hub.workers import ROOT, beat, running, worker
from tests.other_process import environment
from tmfusage import health, scheduling
from tmfusage.celery import app
from tmfusage.hub import nudging
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Delivery, Hub

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def env() -> dict[str, str]:
    """The environment in which other processes use the tests' database."""
    return environment()


def wait_until(condition: Callable[[], Any], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.1)
    return False


def wait_until_all_are_delivered(count: int) -> bool:
    return wait_until(lambda: Delivery.objects.filter(state=Delivery.State.DELIVERED).count() == count)


def test_beat_and_worker_deliver_what_happened(listener, env, tmp_path, monkeypatch):
    """And what the worker's children counted stands among the metrics of the web server."""
    counted = tmp_path / "metrics"
    counted.mkdir()
    env["PROMETHEUS_MULTIPROC_DIR"] = str(counted)
    make_hub(listener.url)
    with running(worker(tmp_path / "worker.log", env), beat(tmp_path / "beat.log", env)):
        for number in range(20):
            happen(str(number))
        assert wait_until_all_are_delivered(20)
    assert len(listener.received) == 20
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(counted))
    health._registry.cache_clear()
    shown = Client().get("/metrics").content.decode()
    health._registry.cache_clear()
    assert 'tmfusage_hub_attempts_total{result="delivered"} 20.0' in shown
    assert "tmfusage_hub_attempt_seconds_count 20.0" in shown


def test_a_worker_that_is_stopped_finishes_what_it_began(listener, env, tmp_path):
    """SIGTERM to the parent alone, as systemd and containers send it; the child that delivers comes to an end soon."""
    listener.answer = lambda _received: time.sleep(0.2) or 204
    make_hub(listener.url)
    for number in range(200):
        happen(str(number))
    stopped = worker(tmp_path / "worker.log", env)
    with running(stopped, beat(tmp_path / "beat.log", env)):
        assert listener.wait_for(30, 90)
        stopped.process.terminate()
        assert stopped.process.wait(25) == 0
    assert not Hub.objects.exclude(lease_token=None).exists()
    assert len(listener.received) == Delivery.objects.filter(state=Delivery.State.DELIVERED).count() < 200
    assert not Delivery.objects.pending().exclude(claims=0).exists()
    Drain().run()
    assert len({each.event_id for each in listener.received}) == len(listener.received) == 200


def test_a_worker_that_is_stopped_does_not_wait_for_a_listener_that_does_not_answer(listener, env, tmp_path):
    leaving = threading.Event()
    listener.answer = lambda _received: leaving.wait(30) or 204
    make_hub(listener.url)
    happen()
    stopped = worker(tmp_path / "worker.log", {**env, "HUB_STOP_SECONDS": "0.5"})
    try:
        with running(stopped, beat(tmp_path / "beat.log", env)):
            assert listener.wait_for(1, 90)
            stopped.process.terminate()
            assert stopped.process.wait(25) == 0
    finally:
        leaving.set()
    assert not Hub.objects.exclude(lease_token=None).exists()
    assert Delivery.objects.pending().values_list("claims", "attempts").get() == (0, 0)


@pytest.mark.parametrize(
    ("broker", "options"),
    [
        ("redis://127.0.0.1/0", {"visibility_timeout": 300}),
        ("amqp://127.0.0.1//", {"confirm_publish": True}),
        ("amqps://127.0.0.1//", {"confirm_publish": True}),
    ],
)
def test_no_broker_loses_a_wake_up_unnoticed(broker, options):
    assert scheduling.transport_options(broker) == options
    assert app.conf.broker_transport_options == {"visibility_timeout": 300}
    assert app.conf.worker_soft_shutdown_timeout == 20


def test_a_wake_up_is_enough(listener, env, tmp_path):
    """Without beat: what is sent after a commit starts it all."""
    make_hub(listener.url)
    happen()
    with running(worker(tmp_path / "worker.log", env)):
        assert nudging.send()
        assert wait_until_all_are_delivered(1)


def test_the_dispatcher_needs_no_broker(listener, env):
    make_hub(listener.url)
    happen()
    command = [sys.executable, "manage.py", "run_dispatcher"]
    without = {**os.environ, **env, "BROKER_URL": "redis://127.0.0.1:1/0"}
    dispatcher = subprocess.Popen(command, cwd=ROOT, env=without, stdout=subprocess.PIPE, text=True)
    try:
        assert wait_until_all_are_delivered(1)
        dispatcher.send_signal(signal.SIGTERM)
        assert dispatcher.communicate(timeout=20)[0].splitlines() == [
            "Delivering events; SIGTERM or Ctrl-C ends it.",
            "Stopped after 1 attempt.",
        ]
        assert dispatcher.returncode == 0
    finally:
        dispatcher.kill()


def test_every_task_has_a_queue_that_workers_consume():
    portal = (ROOT / "tmfusage" / "embedded" / "portal.py").read_text()
    for task in (name for name in app.tasks if name.startswith("tmfusage.")):
        queue = app.amqp.router.route({}, task)["queue"].name
        assert queue in {"dispatch", "deliver", "reports"}
        assert queue in portal


def test_without_a_broker_a_wake_up_fails_quietly(monkeypatch):
    # In this order: the second falls back to the first, and would be put back to what that is now.
    monkeypatch.setattr(app.conf, "broker_write_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    assert nudging.send() is False


def test_many_commits_wake_the_workers_once(monkeypatch):
    """The thread sends at most one wake-up in a fifth of a second, however often it is told."""
    monkeypatch.undo()
    sent = []
    monkeypatch.setattr(nudging, "send", lambda: sent.append(1) or True)
    nudger = nudging.Nudger()
    for _ in range(1_000):
        nudger()
    wait_until(lambda: sent)
    assert 1 <= len(sent) <= 3
