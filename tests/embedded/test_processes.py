"""Children: none outlives its launcher, one that dies comes back, one that will not stop is ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.embedded.conftest import eventually, kill
from tmfusage.embedded import identity, processes
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.portal import LoadedOnce
from tmfusage.embedded.processes import Record, Watch, stop_programs
from tmfusage.embedded.stopping import Stopped, Stopping

SLEEP = "import time; time.sleep(60)"
FAMILY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(60)'])"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
PARENT = """
import subprocess, sys, time
from tmfusage.embedded.leash import spawn
print(spawn([sys.executable, "-c", "import time; time.sleep(60)"], subprocess.DEVNULL).pid, flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent has ended")
def test_a_child_ends_with_a_killed_launcher():
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        child = int(parent.stdout.readline())
        assert identity.alive(child)
        parent.kill()
    assert eventually(lambda: not identity.alive(child), 5)


def test_a_program_that_was_killed_is_started_again(make_program):
    lines, program = [], make_program(SLEEP)
    watch = Watch("web", program, lines.append)
    assert not watch.look()
    kill(program.process.pid)
    assert watch.look()
    assert identity.alive(program.process.pid)
    assert lines == ["web ended (killed by signal 9); it is started again now"]


def test_a_program_that_keeps_dying_is_started_ever_more_slowly(make_program):
    lines = []
    watch = Watch("web", make_program("raise SystemExit(3)"), lines.append)
    assert eventually(lambda: not watch.look() and len(lines) == 3, 10)
    assert [line.split("again ")[1] for line in lines] == ["now", "in 1 s", "in 2 s"]
    assert "exit code 3" in lines[0]


def test_a_server_that_does_not_come_back_is_tried_again(make_program):
    class Broken:
        process = None

        def start(self):
            raise CannotStart("no room")

    lines = []
    watch = Watch("PostgreSQL", Broken(), lines.append)
    watch.look()
    watch.look()
    assert "no room" in lines
    assert "in 1 s" in lines[-1]


def test_a_restart_ends_what_the_killed_process_left(make_program):
    program = make_program(FAMILY)
    assert eventually(lambda: len(members(program)) == 2, 10)
    left = next(pid for pid in members(program) if pid != program.process.pid)
    kill(program.process.pid)
    program.start()
    assert eventually(lambda: not identity.alive(left), 5)


def test_a_program_that_will_not_stop_is_ended(make_program, data, monkeypatch):
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.3)
    program = make_program(STUBBORN)
    assert eventually(lambda: "up" in (data / "program.log").read_text(), 10)
    pid = program.process.pid
    stop_programs([program], Stopping())
    assert not identity.alive(pid)


def test_orphans_of_an_earlier_launcher_are_ended(make_program, data):
    program = make_program(FAMILY)
    assert eventually(lambda: len(members(program)) == 2, 10)
    both = members(program)
    record = Record(data / "processes.json", f"DATA={data}")
    record.write({"web": program})
    assert record.end_orphans()
    assert not any(identity.alive(pid) for pid in both)


def test_a_process_that_got_the_id_of_a_recorded_one_is_left_alone(make_program, data):
    pid = make_program(SLEEP).process.pid
    (data / "processes.json").write_text(json.dumps([[pid, "another time"]]))
    assert Record(data / "processes.json", "DATA=/elsewhere").end_orphans() == 0
    assert identity.alive(pid)


@pytest.mark.parametrize("system", ["/proc", "/nowhere"])
def test_a_process_is_known_with_and_without_proc(make_program, monkeypatch, system):
    monkeypatch.setattr(identity, "PROC", Path(system))
    pid = make_program(SLEEP).process.pid
    assert "time.sleep" in identity.command_of(pid)
    assert identity.started_at(pid)
    kill(pid)
    assert not identity.alive(pid)


@pytest.mark.parametrize("text", ["", "{", "[1]", '[["a", "b"]]'])
def test_a_broken_record_is_as_good_as_none(data, text):
    (data / "processes.json").write_text(text)
    assert Record(data / "processes.json", "DATA=x").end_orphans() == 0


def test_a_signal_ends_a_pause():
    stopping, before = Stopping(), signal.getsignal(signal.SIGTERM)
    signal.signal(signal.SIGTERM, stopping._note)
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Stopped):
            stopping.pause(30)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_launcher_ends_with_its_make():
    stopping = Stopping(end_with_parent=True)
    stopping.pause(0.01)
    stopping.parent = -1
    started = time.monotonic()
    with pytest.raises(Stopped):
        stopping.pause(30)
    assert time.monotonic() - started < 5


def test_the_demonstration_is_loaded_once_per_database(data):
    one, other = LoadedOnce(data / "demo.loaded", "one"), LoadedOnce(data / "demo.loaded", "other")
    one.remember()
    assert one
    assert not other


def members(program) -> list[int]:
    """The processes of the program's group."""
    return identity.group_members(program.process.pid, program_mark(program))


def program_mark(program) -> str:
    return f"DATA={program.env['DATA']}"
