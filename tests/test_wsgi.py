"""The application as the server calls it: what it leaves out around a request to the API is not missed."""

import io

import psycopg
import pytest
from django.db import connection, connections

from tests.access.factories import make_client
from tmfusage.wsgi import Application

USAGES = "/tmf-api/usageManagement/v4/usage"


@pytest.fixture
def application(monkeypatch):
    """As in production: connections are kept."""
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", None)
    yield Application()
    connection.close()


@pytest.fixture
def ask(application):
    def ask(path: str, **headers: str) -> tuple[str, dict[str, str], bytes]:
        answered = []
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "HTTP_HOST": "testserver",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            **headers,
        }
        body = application(environ, lambda status, lines: answered.extend([status, dict(lines)]))
        return answered[0], answered[1], b"".join(body)

    return ask


def end_its_connection() -> None:
    url = connection.get_connection_params()
    with psycopg.connect(
        host=url.get("host"), port=url.get("port"), user=url.get("user"), dbname=url["dbname"], autocommit=True
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


@pytest.mark.django_db(transaction=True)
def test_a_request_to_the_api_keeps_its_connection(ask):
    _client, key = make_client(scopes=["usage:read"])
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"
    kept = connection.connection
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"
    assert kept is not None
    assert connection.connection is kept


@pytest.mark.django_db(transaction=True)
def test_a_lost_connection_costs_one_answer_and_is_replaced(ask):
    _client, key = make_client(scopes=["usage:read"])
    ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    end_its_connection()
    status, headers, body = ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert status == "503 Service Unavailable"
    assert b'"serviceUnavailable"' in body
    assert "X-Request-ID" in headers
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"


@pytest.mark.django_db
def test_a_staff_page_is_answered_as_by_django(ask):
    status, headers, _body = ask("/admin/login/")
    assert status == "200 OK"
    assert headers["Set-Cookie"].strip().startswith("csrftoken=")
