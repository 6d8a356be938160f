"""`python -m tmfusage.embedded` as a person meets it: one real start, crashes, a second start, a stop."""

import http.client
import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.embedded.conftest import eventually, free_port, remove
from tmfusage.embedded.identity import alive
from tmfusage.embedded.scratch import scratch_directory

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "BROKER_URL", "TMFUSAGE_ENV", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "HOST")
READY_SECONDS, STOP_SECONDS = 150, 15
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("launcher")]


@dataclass
class Launched:
    """A launcher, its DATA and its output."""

    process: subprocess.Popen
    data: Path
    port: int
    answered_when_told: bool = False

    @property
    def output(self) -> str:
        return (self.data.parent / "output").read_text()

    @property
    def secrets(self) -> dict[str, str]:
        return dict(line.split("=", 1) for line in (self.data / "demo.env").read_text().splitlines())

    @property
    def recorded(self) -> list[int]:
        return [pid for pid, _ in json.loads((self.data / "run" / "processes.json").read_text())]

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and body; 0 when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("X-Total-Count") or answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def usages(self) -> tuple[int, str]:
        """Status and total of the usages that the API key sees."""
        key = self.secrets["API_KEY"]
        return self.get("/tmf-api/usageManagement/v4/usage?limit=1", Authorization=f"Bearer {key}")

    def ready(self) -> bool:
        return self.get("/readyz")[0] == 200


def launch(data: Path, port: int) -> Launched:
    """A launcher that was just started."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    with (data.parent / "output").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "tmfusage.embedded"],
            cwd=ROOT, env={**kept, "PORT": str(port), "DATA": str(data)}, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    return Launched(process, data, port)


def wait(launched: Launched) -> Launched:
    """The same, ready."""
    eventually(lambda: "Ctrl-C stops" in launched.output or launched.process.poll() is not None, READY_SECONDS)
    assert launched.process.poll() is None, launched.output
    return launched


@pytest.fixture(scope="module")
def launched():
    with scratch_directory() as directory:
        running = launch(directory / "data", free_port())
        told = directory / "data" / "demo.env"
        eventually(lambda: told.exists() or running.process.poll() is not None, READY_SECONDS)
        running.answered_when_told = running.ready()
        yield wait(running)
        running.process.terminate()
        running.process.wait(STOP_SECONDS)
        remove(directory / "data")


def test_it_tells_the_url_the_logins_and_the_key(launched):
    secrets = launched.secrets
    assert secrets["URL"] == f"http://127.0.0.1:{launched.port}"
    shown = [value for name, value in secrets.items() if name != "URL"]
    assert all(value in launched.output for value in [f"{secrets['URL']}/admin/", *shown])


def test_demo_env_is_written_when_the_portal_answers(launched):
    assert launched.answered_when_told


def test_the_key_opens_the_api_and_the_demonstration_is_there(launched):
    status, total = launched.usages()
    assert status == 206
    assert int(total) > 1_000


def test_a_second_launcher_on_the_same_data_is_refused(launched):
    second = launch_and_wait(launched.data, free_port())
    assert second.returncode == 1
    assert re.fullmatch(r"Another launcher \(process \d+\) uses .*\n", second.stderr)


def test_a_second_launcher_on_the_same_port_is_refused(launched, data):
    second = launch_and_wait(data / "other", launched.port)
    assert second.returncode == 1
    assert re.fullmatch(r"Port \d+ on 127.0.0.1 is in use: .*\n", second.stderr)


def test_every_child_that_is_killed_comes_back(launched):
    servers = [launched.data / "postgres/data/postmaster.pid", launched.data / "valkey/valkey.pid"]
    children = [*launched.recorded, *(int(file.read_text().split()[0]) for file in servers)]
    for child in children:
        os.kill(child, signal.SIGKILL)
    assert eventually(lambda: launched.output.count("it is started again") >= 5, 20)
    assert eventually(lambda: launched.ready() and launched.usages()[0] == 206, 60)
    assert eventually(lambda: len(launched.recorded) == 3 and not set(children) & set(launched.recorded), 10)


def test_after_a_kill_of_the_launcher_the_next_one_finds_everything(launched):
    before, secrets, children = launched.usages(), launched.secrets, launched.recorded
    launched.process.kill()
    launched.process.wait()
    launched.process = launch(launched.data, launched.port).process
    wait(launched)
    assert not any(alive(child) for child in children)
    assert launched.usages() == before
    assert launched.secrets == secrets
    assert "Loading" not in launched.output


def test_a_stop_ends_every_child_in_time(launched):
    children, started = launched.recorded, time.monotonic()
    launched.process.terminate()
    assert launched.process.wait(STOP_SECONDS) == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert not any(alive(child) for child in children)
    assert not (launched.data / "postgres/data/postmaster.pid").exists()
    assert launched.output.endswith("Stopped; the data stay.\n")


def launch_and_wait(data: Path, port: int) -> subprocess.CompletedProcess:
    """A launcher that is expected to give up at once."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.run(
        [sys.executable, "-m", "tmfusage.embedded"],
        cwd=ROOT, env={**kept, "PORT": str(port), "DATA": str(data)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
