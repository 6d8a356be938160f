"""The application as the server calls it: what it leaves out around a request to the API is not missed."""

import io

import psycopg
import pytest
from django.db import connection, connections

from tests.access.factories import make_client
from tmfusage import wsgi
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
    """And wait until the server has ended it."""
    url = connection.get_connection_params()
    with psycopg.connect(
        host=url.get("host"), port=url.get("port"), user=url.get("user"), dbname=url["dbname"], autocommit=True
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 10000)", [connection.connection.info.backend_pid])


@pytest.mark.django_db(transaction=True)
def test_a_request_to_the_api_keeps_its_connection(ask):
    _client, key = make_client(scopes=["usage:read"])
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"
    kept = connection.connection
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"
    assert kept is not None
    assert connection.connection is kept


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", [USAGES, "/readyz", "/admin/login/"])
def test_a_connection_that_was_lost_meanwhile_is_replaced(ask, path):
    _client, key = make_client(scopes=["usage:read"])
    ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    end_its_connection()
    assert ask(path, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_lost_at_work_costs_one_answer(ask, monkeypatch):
    _client, key = make_client(scopes=["usage:read"])
    ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    with monkeypatch.context() as lost:
        lost.setattr(wsgi, "replace_lost", lambda _connection: end_its_connection())
        status, headers, body = ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert status == "503 Service Unavailable"
    assert b'"serviceUnavailable"' in body
    assert "X-Request-ID" in headers
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [True, False])
def test_without_a_database_nobody_is_told_that_something_went_wrong_here(ask, monkeypatch, known):
    _client, key = make_client(scopes=["usage:read"])
    if known:
        ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    connection.close()
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        away.setitem(connection.settings_dict, "PORT", "1")
        status, _headers, body = ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")
    assert (status, b'"serviceUnavailable"' in body) == ("503 Service Unavailable", True)
    assert ask(USAGES, HTTP_AUTHORIZATION=f"Bearer {key}")[0] == "200 OK"


@pytest.mark.django_db
def test_a_staff_page_is_answered_as_by_django(ask):
    status, headers, _body = ask("/admin/login/")
    assert status == "200 OK"
    assert headers["Set-Cookie"].strip().startswith("csrftoken=")
