"""The listings of docs/events.md verify real deliveries, in each of their languages."""

import json
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.hub.delivery.sending import BODY, SECRET
from tmfusage.hub.signing import sign
from tmfusage.hub.vault import new_secret

PAGE = Path(__file__).resolve().parents[3] / "docs" / "events.md"

# Each reads a JSON list of [secret, headers, body] from its first argument and prints one word for each.
PYTHON = """
import json, sys
for secret, headers, body in json.loads(sys.argv[1]):
    print(str(verified(secret, headers, body.encode())).lower())
"""
NODE = """
for (const [secret, headers, body] of JSON.parse(process.argv[2])) {
  console.log(verified(secret, headers, Buffer.from(body)));
}
"""
JAVA = """
class Main {
    public static void main(String[] given) throws Exception {
        for (int n = 0; n < given.length; n += 5) {
            var headers = new HashMap<String, String>();
            for (int h = 0; h < 3; h++)
                headers.put(List.of("webhook-id", "webhook-timestamp", "webhook-signature").get(h), given[n + 1 + h]);
            System.out.println(Signatures.verified(given[n], headers, given[n + 4].getBytes(UTF_8)));
        }
    }
}
"""


def listing(language: str) -> str:
    """The listing in this language."""
    found = re.search(rf"^    ```{language}\n(.*?)^    ```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    return textwrap.dedent(found[1])


def cases() -> list[tuple[str, dict[str, str], str, bool]]:
    """What arrives, and whether it is to be believed."""
    now, other, body = int(time.time()), new_secret(), BODY.decode()

    def headers(secrets: list[str], timestamp: int = now) -> dict[str, str]:
        signature = sign(secrets, "evt", timestamp, BODY)
        return {"webhook-id": "evt", "webhook-timestamp": str(timestamp), "webhook-signature": signature}

    good = headers([SECRET])
    return [
        (SECRET, good, body, True),
        (SECRET, headers([other, SECRET]), body, True),
        (other, headers([other, SECRET]), body, True),
        (other, good, body, False),
        (SECRET, good, body.replace("42", "43"), False),
        (SECRET, {**good, "webhook-id": "evu"}, body, False),
        (SECRET, headers([SECRET], now - 600), body, False),
        (SECRET, headers([SECRET], now + 600), body, False),
        (SECRET, {**good, "webhook-signature": ""}, body, False),
        (SECRET, {**good, "webhook-signature": "v1,é"}, body, False),
        (SECRET, {**good, "webhook-timestamp": "soon"}, body, False),
        (SECRET, {**good, "webhook-signature": good["webhook-signature"].replace("v1,", "v1a,")}, body, False),
    ]


def words(*command: str) -> list[bool]:
    printed = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert not printed.stderr
    return [word == "true" for word in printed.stdout.split()]


pytestmark = pytest.mark.skipif(not PAGE.exists(), reason="docs/events.md is not written")


def test_the_python_listing_verifies(tmp_path):
    program = tmp_path / "verify.py"
    program.write_text(listing("python") + PYTHON)
    given = json.dumps([case[:3] for case in cases()])
    assert words(sys.executable, str(program), given) == [case[3] for case in cases()]


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_node_listing_verifies(tmp_path):
    program = tmp_path / "verify.mjs"
    program.write_text(listing("javascript") + NODE)
    given = json.dumps([case[:3] for case in cases()])
    assert words("node", str(program), given) == [case[3] for case in cases()]


@pytest.mark.skipif(not shutil.which("javac"), reason="a JDK is not installed")
def test_the_java_listing_verifies(tmp_path):
    # A source that is run directly starts with its first class, which is to be the one with main.
    imports, separator, rest = listing("java").partition("class Signatures")
    program = tmp_path / "Verify.java"
    program.write_text(imports + JAVA + separator + rest)
    given = [text for secret, headers, body, _ in cases() for text in (secret, *headers.values(), body)]
    assert words("java", "-Dfile.encoding=UTF-8", "-Dsun.jnu.encoding=UTF-8", str(program), *given) == [
        case[3] for case in cases()
    ]
