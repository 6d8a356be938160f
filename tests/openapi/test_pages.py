"""Swagger UI and ReDoc: served by us, from our own files only."""

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

PAGES = ["/docs/swagger/", "/docs/redoc/"]


@pytest.fixture(params=PAGES)
def page(request):
    return Client().get(request.param)


def test_a_page_is_served_to_anybody(page):
    assert page.status_code == 200
    assert 'data-url="/tmf-api/usageManagement/v4/openapi.json"' in page.content.decode()


def test_a_page_names_only_our_own_files(page):
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.content.decode())
    files = [address for address in addresses if address.startswith("/static/")]
    assert not [address for address in addresses if urlsplit(address).netloc]
    assert len(files) >= 4
    assert all(finders.find(address.removeprefix("/static/")) for address in files)


def test_a_page_has_a_policy_of_its_own(page):
    policy = dict(directive.split(" ", 1) for directive in page["Content-Security-Policy"].split("; "))
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["default-src"] == policy["frame-ancestors"] == "'none'"


def test_a_page_holds_no_script_of_its_own(page):
    assert not re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=", page.content.decode())


def test_an_unknown_api_shows_the_first():
    assert "TMF635" in Client().get("/docs/redoc/?api=%3Cscript%3E").content.decode()


def test_the_address_without_a_viewer_leads_to_swagger_ui():
    assert Client().get("/docs/")["Location"] == "/docs/swagger/"
    assert Client().post("/docs/swagger/").status_code == 405


def test_the_policy_of_other_pages_stays_as_it_is(settings):
    policy = Client().get("/no-such-page")["Content-Security-Policy"]
    assert "worker-src" not in policy
    assert f"script-src {' '.join(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['script-src'])}" in policy
