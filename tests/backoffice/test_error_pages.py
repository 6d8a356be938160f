"""What staff read instead of a page: in the admin's look, whatever fails, while the API keeps its Error bodies."""

import pytest
from django.test import Client

from tests.browsing import browsing, keep_picture, needs_browser, session_of
from tests.usage.conftest import logged_in
from tmfusage.access import roles
from tmfusage.backoffice import error_pages

API = "/tmf-api/usageManagement/v4/usage"
CLIENTS = "/admin/access/apiclient/"
UNKNOWN_FILTER = "/admin/usage/usage/?status=rated"


@pytest.fixture
def agent(db) -> Client:
    return logged_in(roles.CUSTOMER_CARE)


def read(response, status: int) -> str:
    """The page, which is the admin's and names the request."""
    page = response.content.decode()
    assert response.status_code == status
    assert response["Content-Type"] == "text/html; charset=utf-8"
    assert response["X-Request-ID"] in page
    assert 'href="/admin/"' in page
    assert "unfold/css/styles.css" in page
    assert "<script>" not in page
    return page


def test_a_page_that_the_role_does_not_include_says_so(agent):
    assert "You may not open this page" in read(agent.get(CLIENTS), 403)


@pytest.mark.parametrize("address", ["/admin/nope/", "/nope"])
def test_a_page_that_does_not_exist_says_so(agent, address):
    assert "There is no such page" in read(agent.get(address), 404)


def test_an_unknown_filter_of_a_list_says_so(agent):
    assert "choose from its filters" in read(agent.get(UNKNOWN_FILTER), 400)


def test_a_form_with_too_many_fields_says_so(agent, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 5
    page = read(agent.post("/admin/login/", {f"field{number}": "" for number in range(6)}), 400)
    assert "more fields than are taken at once" in page


def test_a_form_that_is_too_large_says_so(agent, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert "larger than what is taken at once" in read(agent.post("/admin/login/", "a=" + "b" * 200, **form), 400)


def test_another_host_name_says_so(settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["usage.example.com"], True
    assert "This host name is not served here" in read(Client().get("/admin/", HTTP_HOST="evil.example"), 400)


def test_a_form_of_nobody_says_so(db):
    page = read(Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "ada"}), 403)
    assert "The form was not accepted" in page


@pytest.fixture
def failing() -> Client:
    """A browser that asks for who is logged in, in a test that has no database."""
    browser = Client(raise_request_exception=False)
    browser.cookies["sessionid"] = "of-somebody"
    return browser


def test_a_failure_is_told_without_a_database(failing):
    page = read(failing.get("/admin/"), 500)
    assert "Something went wrong here" in page
    assert "Database access" not in page


def test_a_failure_that_breaks_its_page_too_is_still_answered(failing, monkeypatch):
    monkeypatch.delattr(error_pages, "render_to_string")
    response = failing.get("/admin/")
    assert response.status_code == 500
    assert b"Server Error" in response.content


def test_the_api_keeps_its_error_bodies(db):
    for path, status in (("/tmf-api/nope", 404), (API, 401)):
        response = Client().get(path)
        assert response.status_code == status
        assert response.json()["@type"] == "Error"


@needs_browser
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_shows_it_in_the_theme_and_leads_back(live_server, scheme):
    with browsing(live_server.url, session_of(roles.CUSTOMER_CARE)) as (page, complaints):
        page.emulate_media(color_scheme=scheme)
        assert page.goto(CLIENTS).status == 403
        page.get_by_text("You may not open this page").wait_for()
        assert page.locator("html.dark").count() == (scheme == "dark")
        keep_picture(page, f"error-403-{scheme}")
        page.get_by_role("link", name="To the start page").click()
        page.wait_for_url("**/admin/")
    assert [each for each in complaints if "status of 403" not in each] == []
