"""What is checked before a start: each lack is one line that names the remedy."""

import socket

import pytest

from tests.embedded.conftest import free_port
from tmfusage.embedded import preflight
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.stopping import Stopped, Stopping


def refusal(check, *arguments) -> str:
    """The line with which the check refuses."""
    with pytest.raises(CannotStart) as refused:
        check(*arguments)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_refused_with_another_one_to_take(taken):
    line = refusal(preflight.check_port, "127.0.0.1", taken)
    assert line.startswith(f"Port {taken} on 127.0.0.1 is in use")
    assert "make run" in line


def test_a_free_port_is_fine():
    assert preflight.check_port("127.0.0.1", free_port()) is None


def test_an_address_of_another_machine_is_refused():
    assert "HOST=127.0.0.1" in refusal(preflight.check_port, "192.0.2.1", free_port())


@pytest.mark.parametrize("given", ["http", "0", "65536", "-1", "80.5"])
def test_a_port_that_is_none_is_refused(given):
    assert repr(given) in refusal(preflight.port_of, {"PORT": given})


def test_the_port_is_8000_when_none_is_given():
    assert preflight.port_of({}) == preflight.port_of({"PORT": ""}) == 8000


def test_a_data_directory_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    line = refusal(preflight.check_directory, tmp_path / "file" / "data")
    assert "cannot be written" in line
    assert "DATA=" in line


def test_a_data_directory_is_made(tmp_path):
    preflight.check_directory(tmp_path / "new" / "data")
    assert (tmp_path / "new" / "data").is_dir()


def test_a_full_disk_is_refused_with_what_is_needed(tmp_path, monkeypatch):
    monkeypatch.setattr(preflight, "NEEDED_BYTES", 2**60)
    assert "make room" in refusal(preflight.check_room, tmp_path)


def test_a_second_launcher_is_told_who_holds_the_data(tmp_path):
    lines = []
    with preflight.take_lock(tmp_path, Stopping(), lines.append) as lock:
        holder = (tmp_path / "launcher.lock").read_text()
        assert f"kill {holder}" in refusal(preflight.take_lock, tmp_path, Stopping(), lines.append)
        assert not lock.closed
    assert not lines


def test_a_dead_launcher_s_lock_is_taken_over(tmp_path):
    (tmp_path / "launcher.lock").write_text("1")
    with preflight.take_lock(tmp_path, Stopping(), print):
        assert (tmp_path / "launcher.lock").read_text() != "1"


def test_a_launcher_that_is_stopping_is_waited_for(tmp_path):
    hurried, lines = Stopping(), []

    def say(line):
        lines.append(line)
        hurried.times += 1

    with preflight.take_lock(tmp_path, Stopping(), print) as lock:
        preflight.write_lock(lock, f"1 {preflight.STOPPING}")
        with pytest.raises(Stopped):
            preflight.take_lock(tmp_path, hurried, say)
    assert lines == ["Waiting for the previous instance to stop"]
