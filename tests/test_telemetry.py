"""What is logged: one line per request, and never a phone number or a key."""

import io
import json
import logging
from contextlib import ExitStack

import pytest
import structlog

from tests.access.factories import make_client
from tests.calling import Api

NUMBER = "+491701234567"


@pytest.fixture
def lines():
    """Reads the lines that all handlers have written."""
    stream = io.StringIO()
    handlers = [*logging.getLogger().handlers, *logging.getLogger("tmfusage.request").handlers]
    with ExitStack() as stack:
        for handler in handlers:
            if type(handler) is logging.StreamHandler:
                stack.callback(handler.setStream, handler.setStream(stream))
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"usage?description={NUMBER[1:]}", 200),
        (f"usage/{NUMBER}", 404),
        (f"usage/{NUMBER[1:]}?filter=id~{NUMBER[1:]}", 400),
        ("usage?filter=$..id=='1'", 501),
    ],
)
def test_a_request_is_one_line_without_its_path(lines, settings, path, status):
    settings.LOG_REQUESTS = True
    assert Api(make_client()[1]).get(path).status_code == status
    (line,) = lines()
    assert (line["status"], line["method"]) == (status, "GET")
    assert line["route"].startswith("^tmf-api/usageManagement/v4/")
    assert NUMBER[1:] not in json.dumps(line)


@pytest.mark.django_db
def test_a_failure_is_told_with_its_trace_and_without_numbers_and_keys(lines, settings, monkeypatch):
    settings.LOG_REQUESTS = False
    _, key = make_client()

    def fail(*_args, **_kwargs):
        raise RuntimeError(f"{NUMBER} and {key}")

    monkeypatch.setattr("tmfusage.tmf.listing.RetrieveMixin.retrieve", fail)
    assert Api(key).get(f"usage/{NUMBER}").status_code == 500
    (line,) = lines()
    assert "RuntimeError: (number) and (secret)" in line["exception"]
    assert NUMBER[1:] not in json.dumps(line)
    assert key not in json.dumps(line)


def test_numbers_and_secrets_are_hidden_in_any_line(lines):
    structlog.get_logger("tmfusage.tests").warning("called", by=NUMBER, header="Bearer tmfu_abcdefgh_secret")
    logging.getLogger("somebody.else").warning("%s called", NUMBER)
    first, second = lines()
    assert (first["by"], first["header"]) == ("(number)", "(secret)")
    assert second["event"] == "(number) called"
