"""Every refusal is a TMF Error."""

import pytest

from tests.api.payloads import call_of

pytestmark = pytest.mark.django_db

BIG = '{"description":"' + "x" * 1_100_000 + '"}'


@pytest.mark.parametrize(
    ("method", "path", "kwargs", "status", "code"),
    [
        ("GET", "usage/none", {}, 404, "notFound"),
        ("GET", "usage/%00", {}, 404, "notFound"),
        ("GET", "nothing", {}, 404, "notFound"),
        ("GET", "usage/a/b/c", {}, 404, "notFound"),
        ("PUT", "usage/none", {"data": "{}", "content_type": "application/json"}, 405, "methodNotAllowed"),
        ("PATCH", "usage", {"data": "{}", "content_type": "application/json"}, 405, "methodNotAllowed"),
        ("BREW", "usage", {}, 405, "methodNotAllowed"),
        ("GET", "usage", {"headers": {"Accept": "text/html"}}, 406, "notAcceptable"),
        ("GET", "usage", {"headers": {"Accept": "application/json;q=0"}}, 406, "notAcceptable"),
        ("GET", "usage", {"headers": {"Host": "a b"}}, 400, "invalidHost"),
        ("GET", "usage?" + "a" * 9000, {}, 414, "uriTooLong"),
        ("POST", "usage", {"data": BIG, "content_type": "application/json"}, 413, "payloadTooLarge"),
        ("POST", "usage", {"data": "{}", "content_type": "text/plain"}, 415, "unsupportedMediaType"),
        ("POST", "usage", {"data": "{}", "content_type": "application/merge-patch+json"}, 415, "unsupportedMediaType"),
        (
            "POST",
            "usage",
            {"data": "{}", "content_type": "application/json;charset=latin1"},
            415,
            "unsupportedMediaType",
        ),
        ("POST", "usage", {"data": "", "content_type": "application/json"}, 400, "invalidBody"),
        ("POST", "usage", {"data": "{", "content_type": "application/json"}, 400, "invalidBody"),
        ("POST", "usage", {"data": "null", "content_type": "application/json"}, 400, "invalidBody"),
        ("POST", "usage", {"data": '{"a":NaN}', "content_type": "application/json"}, 400, "invalidBody"),
        ("POST", "usage?limit=1", {"data": "{}", "content_type": "application/json"}, 400, "invalidQuery"),
        ("DELETE", "usage/none", {}, 404, "notFound"),
    ],
    ids=lambda each: each[:30] if isinstance(each, str) else "",
)
def test_a_refusal_is_a_tmf_error(api, method, path, kwargs, status, code):
    answer = api.call(method, path, **kwargs)
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json;charset=utf-8"
    body = answer.json()
    assert (body["code"], body["status"]) == (code, str(status))
    assert body["reason"]
    assert body["requestId"] == answer["X-Request-ID"]


def test_a_chunked_body_without_a_known_end_is_asked_for_its_length(api):
    answer = api.call("POST", "usage", CONTENT_TYPE="application/json", headers={"Transfer-Encoding": "chunked"})
    assert (answer.status_code, answer.json()["code"]) == (411, "lengthRequired")


def test_the_allowed_methods_are_named(api):
    assert "PATCH" in api.call("PUT", "usage/none")["Allow"]
    options = api.call("OPTIONS", "usage/none")
    formats = ["merge-patch+json", "json", "json-patch+json", "json-patch-query+json"]
    assert options["Accept-Patch"].split(", ") == [f"application/{each}" for each in formats]
    refused = api.patch("usage/none", "{}", content_type="text/plain")
    assert (refused.status_code, refused["Accept-Patch"]) == (415, options["Accept-Patch"])


def test_a_clients_own_request_id_is_kept(api):
    assert api.get("usage/none", **{"X-Request-ID": "trace-1"}).json()["requestId"] == "trace-1"
    assert api.get("usage/none", **{"X-Request-ID": "bad id!"}).json()["requestId"] != "bad id!"


def test_head_answers_like_get_without_a_body(api):
    created = api.post("usage", call_of())
    answer = api.call("HEAD", created["Location"])
    assert (answer.status_code, answer.content) == (200, b"")


def test_an_unexpected_fault_says_nothing_of_its_cause(api, monkeypatch):
    monkeypatch.setattr("usage.models.Usage.receive", lambda *_: 1 / 0)
    answer = api.post("usage", call_of())
    assert (answer.status_code, answer.json()["code"]) == (500, "internalError")
    assert b"division" not in answer.content


def test_behind_a_trusted_proxy_hrefs_are_public(api, settings):
    created = api.post("usage", call_of()).json()
    headers = {"X-Forwarded-Host": "api.example.com", "X-Forwarded-Proto": "https"}
    assert api.get(f"usage/{created['id']}", **headers).json()["href"].startswith("http://testserver/")
    settings.USE_X_FORWARDED_HOST = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert api.get(f"usage/{created['id']}", **headers).json()["href"].startswith("https://api.example.com/")
