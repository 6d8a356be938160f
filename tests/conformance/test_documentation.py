"""docs/tmf630.md is true: every example is sent as it stands there, by a shell and curl, to the real server."""

import http.client
import os
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.api.payloads import call_of
from tests.benchmarks import database
from tests.calling import USAGE_API
from tests.conformance.client import Client, base_url

needs_curl = pytest.mark.skipif(not shutil.which("curl") or not shutil.which("bash"), reason="needs curl and bash")
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(180), needs_curl]
PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tmf630.md").read_text()
# A query, of what stands in code: a name, perhaps with a condition, and an operator with a value.
QUERY = re.compile(r"[A-Za-z@][\w.@]*(\[\?\(.*\)\][\w.@]*)?(%3[CE]=?|[!=*]?=~?).+")
SECTIONS = ("### Attribute filters", "### JSONPath", "## Selection", "## Order")
REFUSED = {"filter=status==rated;usageDate=ge=2026-03-01": b"status=rated&usageDate.gte=2026-03-01"}


def section(heading: str) -> str:
    return re.split(r"^##+ ", PAGE.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def examples() -> list[str]:
    """What stands in code and is a query, in the sections that teach them."""
    spans = [span for heading in SECTIONS for span in re.findall(r"`([^`\n]+)`", section(heading))]
    return list(dict.fromkeys(span for span in spans if QUERY.fullmatch(span)))


def blocks() -> str:
    """The indented lines of the page, in order: one session of a shell."""
    return "\n".join(line[4:] for line in PAGE.splitlines() if line.startswith("    "))


@pytest.fixture(scope="module")
def key(committed):
    with database.client_key() as made:
        yield made


@pytest.fixture(scope="module")
def usages(server, key):
    """Something to find and to patch."""
    client = Client(base_url(server, USAGE_API), key)
    made = [client.send("POST", "/usage", body=call_of("elsewhere", description=f"Call {n}")) for n in range(4)]
    yield [answer.json["id"] for answer in made]
    for usage in client.send("GET", "/usage?fields=none").json:
        assert client.send("DELETE", f"/usage/{usage['id']}").status == 204


@pytest.fixture
def shell(server, key, tmp_path):
    """Runs a script where `make run` would leave its addresses; what curl was answered comes on stderr."""
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "demo.env").write_text(f"URL={server}\nAPI_KEY={key}\n")
    (tmp_path / ".curlrc").write_text('write-out = "%{stderr}%{http_code} "\n')
    start = "\n".join(blocks().splitlines()[:3])

    def run(script: str) -> subprocess.CompletedProcess:
        env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CURL_HOME": str(tmp_path)}
        return subprocess.run(
            ["bash", "-c", f"{start}\n{script}"], cwd=tmp_path, env=env, capture_output=True, timeout=60, check=False
        )

    return run


def test_the_page_has_its_examples():
    assert len(examples()) >= 50
    assert {"status!=rated", "roaming.eq=X", "fields=none", "sort=-usageDate,+status"} <= set(examples())


@pytest.mark.parametrize("example", examples())
def test_an_example_is_answered_when_it_is_pasted(shell, usages, example):
    pasted = shell(f'curl -sgH "$AUTH" "$API/usage?{example}"')
    expected = {b"400 "} if example in REFUSED else {b"200 ", b"206 "}
    assert pasted.stderr in expected, pasted.stdout
    assert REFUSED.get(example, b"[") in pasted.stdout


def test_the_blocks_of_the_page_run_from_top_to_bottom(shell, usages):
    run = shell(f"set -o pipefail\n{blocks()}")
    assert run.returncode == 0, run.stderr
    codes = run.stderr.decode().split()
    # One page, one JSONPath, two selections, one order, links, one to patch, three patches, 412, a POST.
    assert codes == ["206", "200", "206", "206", "206", "200", "206", "200", "200", "200", "412", "201"]
    assert b'"vendorNote":"rounded"' in run.stdout.replace(b": ", b":")


@pytest.mark.parametrize(
    ("raw", "reached"), [(b"<", False), (b">", False), (b'"', False), (b" ", False), (b"[?(@.a|{}^\\`", True)]
)
def test_what_the_page_says_of_raw_characters_is_so(server, key, raw, reached):
    host = urlsplit(server)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=10)
    connection.putrequest("GET", f"{USAGE_API}/usage?description=", skip_host=False)
    # http.client itself refuses such addresses, so the line is put together by hand.
    connection._buffer[0] = connection._buffer[0].replace(b"description=", b"description=" + raw)
    connection.putheader("Authorization", f"Bearer {key}")
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read()
    assert body.startswith(b"[") if reached else (answer.status, body) == (400, b"")
    connection.close()
