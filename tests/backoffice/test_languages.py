"""Staff read dates as their browser's language writes them, in a language that is offered."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import translation
from django.utils.formats import date_format

from tests.specs.factories import make_specification
from tests.usage.conftest import logged_in
from tmfusage.access import roles
from tmfusage.backoffice.moments import moment
from tmfusage.languages import ENGLISH, default, offered

SPECIFICATIONS = "/admin/specs/usagespecification/"


@pytest.fixture(autouse=True)
def _language_of_the_thread():
    yield
    translation.deactivate()


@pytest.mark.parametrize(
    ("asked", "date"),
    [("en-US,en;q=0.9", "12/31/2026"), ("en-GB,en;q=0.9", "31/12/2026"), ("en-AU", "31/12/2026"), ("fr", "12/31/2026")],
)
def test_a_list_writes_dates_as_the_browser_asks(db, asked, date):
    make_specification(validFor={"startDateTime": "2026-12-31T00:00:00Z"})
    page = logged_in(roles.AUDITOR).get(SPECIFICATIONS, headers={"accept-language": asked}).content.decode()
    assert f"{date} – …" in page


def test_a_moment_is_british_for_the_british():
    with translation.override("en-gb"):
        assert moment(datetime(2026, 12, 31, 22, 3, 43, tzinfo=UTC)) == "31 Dec 2026, 22:03:43"


@pytest.mark.parametrize("language", ENGLISH)
def test_lists_write_moments_as_pages_do(language):
    at = datetime(2026, 12, 31, 22, 3, 43, tzinfo=UTC)
    with translation.override(language):
        assert date_format(at, "DATETIME_FORMAT") == moment(at)


def test_the_api_does_not_speak_the_language_of_who_was_served_before(db, settings):
    browser = Client(headers={"accept-language": "en-gb"})
    browser.get("/admin/login/")
    assert translation.get_language() == "en-gb"
    browser.get("/tmf-api/usageManagement/v4/usage")
    assert translation.get_language() == settings.LANGUAGE_CODE


def test_an_operator_offers_other_languages(settings):
    settings.LANGUAGES = offered(["de", "EN-GB"])
    settings.LANGUAGE_CODE = default("", settings.LANGUAGES)
    assert settings.LANGUAGES == [("de", "Deutsch"), ("en-gb", "British English")]
    assert date_format(datetime(2026, 12, 31, tzinfo=UTC), "SHORT_DATE_FORMAT") == "31.12.2026"
