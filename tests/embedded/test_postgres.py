"""The embedded PostgreSQL: it starts whatever happened before, keeps what was written, and is closed to others."""

import os
import stat

import psycopg
import pytest

from tests.embedded.conftest import ask, kill
from tmfusage.embedded.failures import CannotStart
from tmfusage.embedded.identity import alive

TABLE = "CREATE TABLE kept AS SELECT 42 AS answer"


def test_it_is_utf8_in_utc_without_a_port_and_closed_to_others(make_postgres):
    server = make_postgres()
    server.start()
    shown = ask(server, "SELECT upper('é'), current_setting('TimeZone'), current_setting('listen_addresses')")
    assert shown == ("É", "UTC", "")
    assert {stat.S_IMODE(place.stat().st_mode) for place in (server.sockets, server.cluster)} == {0o700}


def test_the_application_is_no_superuser(make_postgres):
    server = make_postgres()
    server.start()
    found = ask(server, "SELECT rolname::text, rolsuper FROM pg_roles WHERE rolname = current_user")
    assert found == ("tmfusage", False)


def test_what_was_written_is_there_after_a_stop(make_postgres):
    server = make_postgres()
    server.start()
    ask(server, TABLE)
    server.stop()
    server.start()
    assert ask(server, "SELECT answer FROM kept") == (42,)


def test_what_was_written_is_there_after_a_kill(make_postgres):
    server = make_postgres(durable=True)
    server.start()
    ask(server, TABLE)
    kill(server.process.pid)
    server.start()
    assert ask(server, "SELECT answer FROM kept") == (42,)


def test_a_server_that_a_killed_launcher_left_is_replaced(make_postgres):
    left, server = make_postgres(), make_postgres()
    left.start()
    ask(left, TABLE)
    server.start()
    assert not alive(left.process.pid)
    assert ask(server, "SELECT answer FROM kept") == (42,)


def test_a_pid_file_that_names_another_process_is_no_obstacle(make_postgres):
    server = make_postgres()
    server.start()
    pid_file = server.cluster / "postmaster.pid"
    _, *rest = pid_file.read_text().splitlines()
    kill(server.process.pid)
    pid_file.write_text("\n".join([str(os.getpid()), *rest, ""]))
    server.start()
    assert ask(server, "SELECT 1") == (1,)


def test_a_cluster_that_was_left_half_made_is_made_anew(make_postgres):
    server = make_postgres()
    server.start()
    server.stop()
    server.cluster.rename(server.home / "making")
    (server.home / "making" / "PG_VERSION").unlink()
    server.start()
    assert ask(server, "SELECT 1") == (1,)


def test_two_run_side_by_side(make_postgres, data):
    one, other = make_postgres(data / "one"), make_postgres(data / "other")
    one.start()
    other.start()
    ask(one, TABLE)
    assert ask(other, "SELECT count(*) FROM pg_class WHERE relname = 'kept'") == (0,)


def test_a_long_or_unusual_path_gets_a_short_socket(make_postgres, data):
    server = make_postgres(data / f"{'long' * 30} and spaced")
    server.start()
    short = server.sockets
    assert ask(server, "SELECT 1") == (1,)
    server.stop()
    assert not short.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run PostgreSQL under another account")
def test_root_with_closed_data_keeps_the_cluster_where_the_server_can_reach_it(make_postgres, data):
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    server = make_postgres(closed / "data")
    server.start()
    assert (closed / "data" / "postgres").is_symlink()
    assert server.cluster.stat().st_uid != 0
    assert ask(server, "SELECT 1") == (1,)


def test_a_server_that_cannot_start_says_why_in_one_line(make_postgres):
    server = make_postgres()
    server.start()
    server.stop()
    (server.cluster / "PG_VERSION").write_text("9.6\n")
    with pytest.raises(CannotStart, match=r"PostgreSQL did not start: .*incompatible.*its log") as refused:
        server.start()
    assert "\n" not in str(refused.value)


def test_it_stops_with_a_client_inside(make_postgres):
    server = make_postgres()
    server.start()
    process = server.process
    with psycopg.connect(server.url):
        server.stop()
    assert process.returncode == 0
