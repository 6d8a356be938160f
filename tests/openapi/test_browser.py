"""Swagger UI and ReDoc in a real browser: they show the operations, complain of nothing and ask no other host."""

import shutil
from urllib.parse import urlsplit

import pytest

from tests.conformance.serving import granian

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with granian("tmfusage.wsgi:application", {}, tmp_path_factory.mktemp("server") / "log") as url:
        yield url


@pytest.fixture(scope="module")
def chromium():
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def tab(chromium, server):
    """A page that notes what the browser complains of and which hosts it asks."""
    tab = chromium.new_context(base_url=server, viewport={"width": 1300, "height": 900}).new_page()
    tab.complaints, tab.hosts = [], set()
    tab.on("console", lambda message: message.type in {"error", "warning"} and tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    tab.on("request", lambda request: tab.hosts.add(urlsplit(request.url.removeprefix("blob:")).netloc))
    yield tab
    tab.context.close()


def test_swagger_ui_shows_every_operation(tab, document, server):
    tab.goto("/docs/swagger/")
    tab.locator("#operations-usage-listUsage").wait_for()
    assert tab.locator(".opblock").count() == sum(len(item) for item in document["paths"].values())
    tab.locator("#operations-usage-createUsage .opblock-summary-control").click()
    tab.get_by_text("Try it out").click()
    assert "usageCharacteristic" in tab.locator("#operations-usage-createUsage textarea").input_value()
    assert (tab.complaints, tab.hosts) == ([], {urlsplit(server).netloc})


def test_swagger_ui_asks_the_api_it_describes(tab):
    tab.goto("/docs/swagger/")
    tab.locator("#operations-usage-listUsage .opblock-summary-control").click()
    tab.get_by_text("Try it out").click()
    with tab.expect_response("**/tmf-api/usageManagement/v4/usage*") as answer:
        tab.get_by_text("Execute").click()
    assert (answer.value.status, answer.value.json()["code"]) == (401, "missingCredentials")


def test_redoc_shows_and_finds_operations(tab, server):
    tab.goto("/docs/redoc/")
    tab.get_by_role("heading", name="Create one Usage").first.wait_for()
    tab.locator("input").fill("patch")
    tab.get_by_role("search").get_by_text("Change one UsageSpecification").wait_for()
    assert (tab.complaints, tab.hosts) == ([], {urlsplit(server).netloc})
