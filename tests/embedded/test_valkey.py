"""The embedded Valkey: it starts whatever happened before."""

import redis

from tests.embedded.conftest import kill
from tmfusage.embedded.identity import alive
from tmfusage.embedded.valkey import Valkey


def client(server: Valkey) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(server.socket))


def test_it_never_throws_a_wake_up_away_for_lack_of_room(valkey):
    assert client(valkey).config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_it_listens_only_on_a_socket_of_its_own(valkey):
    assert client(valkey).config_get("port") == {"port": "0"}
    assert valkey.socket.stat().st_mode & 0o077 == 0


def test_what_was_queued_is_there_after_a_stop(valkey):
    client(valkey).rpush("dispatch", "tick")
    valkey.stop()
    valkey.start()
    assert client(valkey).lrange("dispatch", 0, -1) == [b"tick"]


def test_it_starts_after_a_kill(valkey):
    kill(valkey.process.pid)
    valkey.start()
    assert client(valkey).ping()


def test_a_server_that_a_killed_launcher_left_is_replaced(valkey, data):
    other = Valkey(data, data / "valkey.log")
    other.start()
    replaced, answers = not alive(valkey.process.pid), client(other).ping()
    other.stop()
    assert replaced
    assert answers


def test_files_it_cannot_read_are_set_aside(valkey):
    valkey.stop()
    next((valkey.home / "data" / "appendonlydir").glob("*.manifest")).write_text("nonsense\n")
    valkey.start()
    assert client(valkey).ping()
    assert list(valkey.home.glob("unreadable-*"))
