"""Bodies as a real server hands them over: in chunks, too large, broken off."""

import http.client
import json
import socket
from time import sleep
from urllib.parse import urlsplit

import pytest

from tests.api.payloads import call_of
from tests.benchmarks import database
from tests.conformance.serving import granian
from tests.other_process import environment

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180)]
PATH = "/tmf-api/usageManagement/v4/usage"


@pytest.fixture(scope="module")
def key(committed):
    with database.client_key() as made:
        yield made


@pytest.fixture(scope="module")
def address(key, tmp_path_factory):
    """Host and port of the product behind its server."""
    env = environment(API_MAX_BODY_BYTES="20000")
    with granian("tmfusage.wsgi:application", env, tmp_path_factory.mktemp("server") / "log") as served:
        yield urlsplit(served).netloc


@pytest.fixture
def post(address, key):
    def post(body, chunked: bool = True) -> tuple[int, dict]:
        sender = http.client.HTTPConnection(address, timeout=20)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        sender.request("POST", PATH, body, headers, encode_chunked=chunked)
        answer = sender.getresponse()
        told = json.loads(answer.read())
        sender.close()
        return answer.status, told

    return post


def connected(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def pieces(text: str, size: int = 100):
    for start in range(0, len(text), size):
        yield text[start : start + size].encode()


def test_a_body_in_chunks_is_read_whole(post):
    status, usage = post(pieces(json.dumps(call_of(description="é" * 300), ensure_ascii=False)))
    assert (status, usage["description"]) == (201, "é" * 300)


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_above_the_limit_is_refused(post, chunked):
    text = json.dumps(call_of(description="x" * 9_000, note="y" * 15_000))
    status, error = post(pieces(text, 4_000) if chunked else text.encode(), chunked)
    assert (status, error["code"]) == (413, "payloadTooLarge")
    assert "20000" in error["message"]


def test_an_empty_body_in_chunks_is_empty(post):
    assert post(pieces(""))[1]["reason"] == "The body is empty."


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        ("", {"Content-Type": "text/xml"}, 415),
        ("", {"Content-Encoding": "gzip"}, 415),
        ("?colour=red", {}, 400),
        ("/no-such-usage", {}, 405),
    ],
)
@pytest.mark.parametrize("chunked", [True, False])
def test_who_still_sends_gets_to_read_the_refusal(address, key, query, headers, status, chunked):
    sent = {"Host": address, "Authorization": f"Bearer {key}", "Content-Type": "application/json"} | headers
    sent |= {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": "9000"}
    head = f"POST {PATH}{query} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in sent.items())
    with connected(address) as sender:
        sender.sendall(head.encode() + b"\r\n")
        for _ in range(3):
            sleep(0.05)
            sender.sendall((b"bb8\r\n%b\r\n" if chunked else b"%b") % (b"x" * 3_000))
        sender.sendall(b"0\r\n\r\n" if chunked else b"")
        assert int(sender.recv(100).split()[1]) == status


@pytest.mark.parametrize("last", [b"0\r\n\r\n", b"zz\r\n"])
def test_broken_chunks_never_store_half_a_usage(address, key, post, last):
    body = json.dumps(call_of())[:-5].encode()
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n"
    )
    with connected(address) as sender:
        sender.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n" + last)
        sender.shutdown(socket.SHUT_WR)
        answer = sender.recv(100)
    assert answer == b"" or answer.split()[1] == b"400"
