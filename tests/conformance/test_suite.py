"""The suite itself: a compliant server passes it, and each server that is wrong in one way is caught."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from tests.conformance import checks, report
from tests.conformance.__main__ import main
from tests.conformance.client import Client, Exchange, base_url
from tests.conformance.runner import run
from tests.conformance.stub import BASE, KEY, Refused, Stub, serving
from tests.conformance.tmf635 import SUITE


class AnswersOkToCreate(Stub):
    def create(self, environ, kind):
        return (200, *super().create(environ, kind)[1:])


class RefusesUnknownReferences(Stub):
    def govern(self, usage):
        if usage["usageSpecification"]["id"] not in self.stored["usageSpecification"]:
            raise Refused(400)


class CutsListsShort(Stub):
    def list(self, environ, kind):
        return (206, *super().list(environ, kind)[1:])


class ListsWithoutHref(Stub):
    def select(self, item, fields):
        return {name: value for name, value in super().select(item, fields).items() if name != "href"}


class ListsEmptyNames(Stub):
    def select(self, item, fields):
        return {**super().select(item, fields), "name": ""}


class HidesTheNewest(Stub):
    def matches(self, item, asked):
        return item is not list(self.stored["usage"].values())[-1]


class IgnoresFilters(Stub):
    def matches(self, item, asked):
        return item["id"] not in asked.values()


class FindsWhatIsNotThere(Stub):
    def find(self, kind, key):
        return self.stored[kind].get(key) or {"id": key, "usageSpecification": {"id": "x"}}


class Breaks(Stub):
    def list(self, environ, kind):
        raise Refused(500)


class RoundsNumbers(Stub):
    number = float


class IgnoresFields(Stub):
    def select(self, item, fields):
        return item


class ReplacesOnPatch(Stub):
    def patch(self, environ, kind, key):
        status, resource, headers = super().patch(environ, kind, key)
        return status, {name: resource[name] for name in ("id", "description") if name in resource}, headers


class KeepsWhatIsDeleted(Stub):
    def delete(self, environ, kind, key):
        self.find(kind, key)
        return 204, None, {}


class LetsAnybodyIn(Stub):
    def answer(self, environ):
        return super().answer({**environ, "HTTP_AUTHORIZATION": f"Bearer {KEY}"})


class ChecksNothing(Stub):
    def govern(self, usage):
        """Accepts any usage."""


class MovesAnywhere(Stub):
    def move(self, resource, status):
        """Accepts any status."""


class SaysNothingInErrors(Stub):
    def dump(self, body):
        return b"<h1>Error</h1>" if body and "reason" in body else super().dump(body)


class LosesCounts(Stub):
    def list(self, environ, kind):
        status, body, _headers = super().list(environ, kind)
        return status, body, {}


WRONG_FOR_THE_KIT = (
    AnswersOkToCreate,
    RefusesUnknownReferences,
    CutsListsShort,
    ListsWithoutHref,
    ListsEmptyNames,
    HidesTheNewest,
    IgnoresFilters,
    FindsWhatIsNotThere,
    Breaks,
)
WRONG_BEYOND_IT = (
    RoundsNumbers,
    IgnoresFields,
    ReplacesOnPatch,
    KeepsWhatIsDeleted,
    LetsAnybodyIn,
    ChecksNothing,
    MovesAnywhere,
    SaysNothingInErrors,
    LosesCounts,
)


def result_at(application, *, beyond: bool = True) -> report.Result:
    """The suite's result at a server that runs this application for the while."""
    with serving(application) as url:
        base = base_url(url, SUITE.api_path)
        outcomes = run(SUITE, Client(base, KEY, timeout=5), beyond=beyond)
    return report.Result(SUITE, base, tuple(outcomes), datetime.now(UTC))


def failures(result: report.Result) -> str:
    """The failing lines of a result, for the message of a test."""
    return "\n".join(line for line in report.terminal(result) if "FAIL" in line or "found" in line)


def test_a_compliant_server_passes_everything():
    result = result_at(Stub())
    assert result.passed, failures(result)


def test_the_kit_asks_15_requests_and_73_assertions_of_an_empty_server():
    kit = result_at(Stub()).kit
    assert (len(kit.rows), kit.assertions, kit.failed) == (15, 73, 0)


def test_assertions_are_counted_per_listed_resource():
    stub = Stub()
    old = [{"id": f"old-{number}", "usageSpecification": {"id": "x"}} for number in range(7)]
    stub.stored["usage"] = {usage["id"]: usage for usage in old}
    outcome = result_at(stub, beyond=False).outcomes[1]
    assert [counts[:2] for counts in report.grouped(outcome.kit)][1:4] == [
        ("Instance has all mandatory attributes", 8),
        ("Response has id attribute", 8),
        ("Body includes value held on id", 8),
    ]


@pytest.mark.parametrize("wrong", WRONG_FOR_THE_KIT)
def test_the_kit_catches_a_server_that(wrong):
    assert result_at(wrong(), beyond=False).kit.failed


@pytest.mark.parametrize("wrong", WRONG_BEYOND_IT)
def test_what_goes_beyond_the_kit_catches_a_server_that(wrong):
    result = result_at(wrong())
    assert (result.kit.failed, result.beyond.failed > 0) == (0, True)


@pytest.mark.parametrize("beyond", [True, False])
def test_nothing_is_left_behind(beyond):
    stub = Stub()
    result_at(stub, beyond=beyond)
    assert stub.stored == {"usage": {}, "usageSpecification": {}}


def test_a_server_that_is_not_there_fails_with_the_reason():
    with serving(Stub()) as url:
        pass
    outcomes = run(SUITE, Client(url + BASE, KEY, timeout=5))
    assert "ConnectionRefusedError" in outcomes[0].kit[0].found
    assert "nothing was created as 'usage'" in outcomes[2].kit[0].found


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ("127.0.0.1:8000", f"http://127.0.0.1:8000{BASE}"),
        ("http://host:8000/", f"http://host:8000{BASE}"),
        (f"https://host{BASE}/", f"https://host{BASE}"),
        ("https://host/prod", "https://host/prod"),
    ],
)
def test_the_url_may_be_a_server_or_an_api_on_it(given, base):
    assert base_url(given, SUITE.api_path) == base


@pytest.mark.parametrize("given", ["", "ftp://host/x", "http://"])
def test_what_is_no_url_is_refused(given):
    with pytest.raises(ValueError, match="not an http or https URL"):
        base_url(given, SUITE.api_path)


def test_the_command_takes_the_environment_and_answers_with_its_exit_code(monkeypatch, capsys):
    with serving(Stub()) as url:
        monkeypatch.setenv("URL", url)
        monkeypatch.setenv("API_KEY", KEY)
        assert main([]) == 0
        assert main(["--api-key", "wrong"]) == 1
    assert KEY not in capsys.readouterr().out


def test_a_url_that_is_none_ends_with_exit_code_2(capsys):
    assert main(["--url", "ftp://host"]) == 2
    assert "not an http" in capsys.readouterr().err


def test_the_summary_ends_in_the_totals(capsys):
    with serving(Stub()) as url:
        main(["--url", url, "--api-key", KEY, "--kit-only"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-5].split() == ["Assertions,", "kit", "73", "0"]
    assert lines[-1] == "PASSED"


class Outline(HTMLParser):
    """The tags and the text of a page."""

    def __init__(self, page: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def test_the_html_report_stands_alone_and_says_what_was_asked(tmp_path):
    with serving(Stub()) as url:
        main(["--url", url, "--api-key", KEY, "--report", str(tmp_path / "conformance.html")])
    page = Outline((tmp_path / "conformance.html").read_text(encoding="utf-8"))
    outside = [attrs for _tag, attrs in page.tags if {"src", "href"} & set(attrs)]
    assert not outside
    asked = ("CTK-Usage-4.0.0", "/usage?fields=id", "201", "Body includes value held on id")
    for told in ("TMF635 Usage Management 4.0.0", *asked):
        assert told in page.text
    assert KEY not in page.text


def test_the_html_report_is_marked_up_for_everyone():
    page = Outline(report.html(result_at(Stub(), beyond=False)))
    tags = [tag for tag, _attrs in page.tags]
    assert dict(page.tags)["html"] == {"lang": "en"}
    assert (tags.count("h1"), tags.count("main"), tags.count("details")) == (1, 1, 15)
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")


def test_what_a_server_answers_cannot_become_markup():
    stub = Stub()
    evil = "<script>alert(1)</script>"
    stub.stored["usage"] = {evil: {"id": evil}}
    page = report.html(result_at(stub, beyond=False))
    assert evil not in page
    assert "&lt;script&gt;" in page


def test_a_body_that_is_no_json_fails_each_assertion_about_it():
    exchange = Exchange("GET", "http://x", 200, {}, b"<html>")
    made = [*checks.has("id")(exchange, {}), *checks.holds("id")(exchange, {})]
    assert [assertion.passed for assertion in made] == [False, False]


def test_a_list_of_anything_but_objects_fails():
    exchange = Exchange("GET", "http://x", 200, {}, json.dumps(["id"]).encode())
    assert [assertion.passed for assertion in checks.has("id")(exchange, {})] == [False]
