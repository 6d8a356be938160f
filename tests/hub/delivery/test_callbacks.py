"""What a listener may register, and the refusal that says why not."""

import pytest

from tmfusage.hub.callbacks import check_callback, check_headers, problem_of
from tmfusage.tmf.refusals import TmfError


@pytest.fixture(autouse=True)
def production(settings):
    settings.HUB_ALLOW_HTTP = False
    settings.HUB_ALLOWED_PORTS = ["443", "8443"]
    settings.HUB_ALLOWED_NETWORKS = []
    settings.ALLOWED_HOSTS = ["usage.example.com"]


@pytest.mark.parametrize(
    "url",
    [
        "https://in.listener.com",
        "https://in.listener.com/",
        "https://in.listener.com:8443/a/b?tenant=1&x=%20",
        "HTTPS://In.Listener.Com?x",
        "https://xn--bcher-kva.example/ereignisse",
        "https://a-1.b-2.c3/" + "x" * 1900,
    ],
)
def test_a_callback_is_kept_as_it_was_given(url):
    assert check_callback(url) == url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "not a URL"),
        ("in.listener.com/usage", "not a URL"),
        ("//in.listener.com", "not a URL"),
        ("https:in.listener.com", "not a URL"),
        ("http://in.listener.com", "must be https"),
        ("ftp://in.listener.com", "must be https"),
        ("file:///etc/passwd", "must be https"),
        ("gopher://in.listener.com", "must be https"),
        ("javascript://in.listener.com", "must be https"),
        ("https://in.listener.com/" + "x" * 2000, "2000 characters"),
        ("https://in.listener.com/\r\nHost: x", "printable ASCII"),
        ("https://in.listener.com/\x00", "printable ASCII"),
        ("https://in.listener.com/\t", "printable ASCII"),
        ("https://in.listener.com\\@127.0.0.1/", "backslashes"),
        ("https://in listener.com/", "spaces"),
        ("https://bücher.example/", "printable ASCII"),
        ("https://ⓛistener.example/", "printable ASCII"),
        ("https://in.listener.com/#part", "fragment"),
        ("https://user:word@in.listener.com/", "user name"),
        ("https://in.listener.com@127.0.0.1/", "user name"),
        ("https://in.listener.com:22/", "Port 22"),
        ("https://in.listener.com:99999/", "from 1 to 65535"),
        ("https://in.listener.com:0/", "from 1 to 65535"),
        ("https://in.listener.com:1234567/", "from 1 to 65535"),
        ("https://in.listener.com:443:443/", "Host and port"),
        ("https://in.listener.com:x/", "Host and port"),
        ("https:///path", "letters, digits"),
        ("https://listener/", "full name"),
        ("https://localhost/", "full name"),
        ("https://in..listener.com/", "letters, digits"),
        ("https://-in.listener.com/", "letters, digits"),
        ("https://in_1.listener.com/", "letters, digits"),
        ("https://in.listener.com./", "letters, digits"),
        ("https://in%2elistener.com/", "letters, digits"),
        ("https://" + "a" * 64 + ".com/", "letters, digits"),
        ("https://8.8.8.8/", "not an address"),
        ("https://[2606:4700::1]/", "not an address"),
        ("https://[::1/", "Host and port"),
        ("https://0x7f.1/", "no address in its usual"),
        ("https://usage.example.com/listener", "back to this portal"),
        ("https://USAGE.example.com:8443/listener", "back to this portal"),
    ],
)
def test_a_callback_that_cannot_work_is_refused_with_the_reason(url, told):
    assert told in problem_of(url)
    with pytest.raises(TmfError) as refused:
        check_callback(url)
    assert refused.value.status_code == 400
    assert refused.value.message.startswith("$.callback: ")


def test_http_is_accepted_where_the_operator_allows_it(settings):
    settings.HUB_ALLOW_HTTP = True
    assert not problem_of("http://in.listener.com/")
    assert "Port 8080" in problem_of("http://in.listener.com:8080/")


def test_where_any_port_is_allowed_it_must_be_one(settings):
    settings.HUB_ALLOWED_PORTS = ["*"]
    assert problem_of("https://in.listener.com:99999/") == "A port is a number from 1 to 65535."


def test_any_port_is_accepted_where_the_operator_allows_it(settings):
    settings.HUB_ALLOWED_PORTS = ["*"]
    assert not problem_of("https://in.listener.com:9000/")
    assert problem_of("https://in.listener.com:65536/")


def test_an_address_and_a_short_name_are_accepted_in_the_operators_network(settings):
    settings.HUB_ALLOWED_NETWORKS = ["10.20.0.0/16", "fd12::/32"]
    assert not problem_of("https://10.20.0.7/listener")
    assert not problem_of("https://[fd12::7]/listener")
    assert not problem_of("https://listener/usage")
    assert problem_of("https://10.21.0.7/listener")
    assert problem_of("https://10.5127/listener")


def test_headers_of_a_listener_are_kept():
    headers = {"Authorization": "Bearer abc.def", "X-Tenant": "a b"}
    assert check_headers(headers) == headers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Host", "x"),
        ("host", "127.0.0.1"),
        ("Content-Type", "text/plain"),
        ("Content-Length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "close"),
        ("webhook-id", "x"),
        ("Webhook-Signature", "x"),
        ("User-Agent", "x"),
        ("traceparent", "x"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("", "x"),
        ("X Y", "x"),
        ("X:Y", "x"),
        ("X\r\nHost", "x"),
        ("X-É", "x"),
        ("X" * 101, "x"),
        ("X-A", ""),
        ("X-A", " x"),
        ("X-A", "x\r\nHost: y"),
        ("X-A", "x\ny"),
        ("X-A", "x\x00y"),
        ("X-A", "é"),
        ("X-A", "x" * 2001),
        ("X-A", 1),
    ],
)
def test_a_header_that_must_not_stand_there_is_refused(name, value):
    with pytest.raises(TmfError) as refused:
        check_headers({name: value})
    assert refused.value.message.startswith("$.headers: ")


def test_a_refused_header_does_not_repeat_its_value():
    with pytest.raises(TmfError) as refused:
        check_headers({"Authorization": "Bearer top-secret\n"})
    assert "top-secret" not in f"{refused.value.reason} {refused.value.message}"


@pytest.mark.parametrize("value", [None, 1, [], {}, b"https://in.listener.com"])
def test_what_is_no_text_is_refused(value):
    with pytest.raises(TmfError):
        check_callback(value)


@pytest.mark.parametrize("value", [None, 1, [], "X-A: 1"])
def test_what_is_no_object_of_headers_is_refused(value):
    with pytest.raises(TmfError):
        check_headers(value)


def test_too_many_and_repeated_headers_are_refused():
    with pytest.raises(TmfError):
        check_headers({f"X-{number}": "x" for number in range(11)})
    with pytest.raises(TmfError):
        check_headers({"X-A": "1", "x-a": "2"})
