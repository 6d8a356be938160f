"""The other half of the contract: writing, preconditions, refusals, and whose resources one sees (TMF630 Part 1 §5)."""

import pytest

from tests.access.factories import make_client
from tests.calling import Api
from tests.contract import JSON_PATCH, QUERIES, at, ids, made
from tests.described import rule

MERGES = ("application/merge-patch+json", "application/json")


@rule("patch")
class TestPatches:
    """Part 1 §5, Part 5, Part 6."""

    @pytest.mark.parametrize("kind", [*MERGES, JSON_PATCH, QUERIES])
    def test_every_format_changes_one_member(self, api, resource, stored, kind):
        operations = [{"op": "replace", "path": f"/{resource.text}", "value": "changed"}]
        body = {resource.text: "changed"} if kind in MERGES else operations
        answer = api.patch(at(resource, stored), body, content_type=kind)
        assert answer.status_code == 200, answer.content
        assert answer.json()[resource.text] == "changed"
        assert api.get(at(resource, stored)).json() == answer.json()

    def test_null_removes_a_member_in_a_merge_patch(self, api, resource, stored):
        api.patch(at(resource, stored), {"vendor": {"a": 1, "b": 2}})
        assert api.patch(at(resource, stored), {"vendor": {"a": None}}).json()["vendor"] == {"b": 2}
        assert "vendor" not in api.patch(at(resource, stored), {"vendor": None}).json()

    def test_an_element_is_changed_by_its_id(self, api, resource, stored):
        for path in (f"/{resource.array}/name?id=acme", f"{resource.array}[?(@.id=='acme')].name"):
            operation = {"op": "add", "path": path, "value": path[:3]}
            answer = api.patch(at(resource, stored), [operation], content_type=QUERIES)
            if path.startswith("/") and answer.status_code == 409:
                continue  # a query leads to members that are there
            assert next(each for each in answer.json()[resource.array] if each["id"] == "acme")["name"] == path[:3]

    @pytest.mark.parametrize("name", ["id", "href", "@type", "@baseType"])
    def test_what_is_fixed_stays(self, api, resource, stored, name):
        answer = api.patch(at(resource, stored), {name: "other"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalidValue")
        if name in stored:
            assert api.patch(at(resource, stored), {name: stored[name]}).status_code == 200

    def test_a_failing_test_changes_nothing(self, api, resource, stored):
        operations = [
            {"op": "replace", "path": f"/{resource.text}", "value": "changed"},
            {"op": "test", "path": f"/{resource.text}", "value": "else"},
        ]
        assert api.patch(at(resource, stored), operations, content_type=JSON_PATCH).status_code == 409
        assert api.get(at(resource, stored)).json() == stored

    def test_another_format_is_refused_with_those_that_are_known(self, api, resource, stored):
        answer = api.patch(at(resource, stored), "<a/>", content_type="text/xml")
        assert answer.status_code == 415
        assert JSON_PATCH in answer["Accept-Patch"]

    def test_a_changed_revision_is_guarded(self, api, resource, stored):
        tag = api.get(at(resource, stored))["ETag"]
        assert api.patch(at(resource, stored), {resource.text: "one"}, **{"If-Match": tag}).status_code == 200
        late = api.patch(at(resource, stored), {resource.text: "two"}, **{"If-Match": tag})
        assert (late.status_code, late.json()["code"]) == (412, "preconditionFailed")
        assert api.patch(at(resource, stored), {resource.text: "two"}, **{"If-Match": "*"}).status_code == 200

    def test_a_match_can_be_required(self, api, resource, stored, settings):
        settings.API_REQUIRE_IF_MATCH = True
        assert api.patch(at(resource, stored), {resource.text: "one"}).status_code == 428
        assert api.delete(at(resource, stored)).status_code == 428


@rule("etag")
class TestPreconditions:
    """RFC 9110 §13."""

    def test_what_the_client_has_is_not_sent_again(self, api, resource, stored):
        tag = api.get(at(resource, stored))["ETag"]
        again = api.get(at(resource, stored), **{"If-None-Match": tag})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert api.get(at(resource, stored), **{"If-None-Match": '"none"'}).status_code == 200


class TestRefusals:
    """Part 1 §3.3, §3.4."""

    @pytest.mark.parametrize(
        ("body", "kind", "status"),
        [
            ("", "application/json", 400),
            ("[]", "application/json", 400),
            ('{"a":1,"a":2}', "application/json", 400),
            ('{"a":NaN}', "application/json", 400),
            ('{"a":"\\u0000"}', "application/json", 400),
            ('{"a":"\\ud800"}', "application/json", 400),
            ("[" * 40 + "]" * 40, "application/json", 400),
            ("{}", "text/plain", 415),
            ("{}", "application/json;charset=utf-16", 415),
        ],
    )
    def test_a_body_that_is_no_resource_is_refused(self, api, resource, body, kind, status):
        answer = api.post(resource.name, body, content_type=kind)
        assert answer.status_code == status
        error = answer.json()
        assert {"code", "reason", "status"} <= error.keys()
        assert error["requestId"] == answer["X-Request-ID"]
        assert api.get(resource.name)["X-Total-Count"] == "0"

    def test_methods_and_formats_that_are_not_there_are_refused(self, api, resource, stored):
        assert api.call("PUT", at(resource, stored), data="{}", content_type="application/json").status_code == 405
        assert api.get(resource.name, Accept="text/html").status_code == 406
        assert api.get(f"{resource.name}/none").json()["code"] == "notFound"

    def test_a_caller_needs_a_key_and_its_scope(self, resource, db):
        assert Api(root=resource.root).get(resource.name).status_code == 401
        assert Api(make_client(scopes=[resource.other_scope])[1], resource.root).get(resource.name).status_code == 403


@rule("parties")
class TestParties:
    """A client of one party sees that party's resources only."""

    @pytest.fixture(autouse=True)
    def _needed(self, api, resource):
        for name, body in resource.others_need:
            assert api.post(name, body).status_code == 201

    @pytest.fixture
    def acme(self, resource, db) -> Api:
        return Api(make_client(party="acme")[1], resource.root)

    @pytest.fixture
    def other(self, api, resource) -> dict:
        """A resource of another party."""
        return made(api, resource, **resource.others)

    def test_its_own_are_seen(self, acme, resource, stored, other):
        assert ids(acme.get(resource.name)) == [stored["id"]]
        assert acme.get(at(resource, stored)).json() == stored

    def test_others_are_as_if_they_were_not_there(self, acme, resource, stored, other):
        assert acme.get(at(resource, other)).status_code == 404
        assert acme.delete(at(resource, other)).status_code == (405 if "delete" in resource.lacks else 404)
        assert ids(acme.get(f"{resource.name}?relatedParty.id=zeta")) == []
        assert ids(acme.get(f"{resource.name}?id={other['id']}")) == []
        assert acme.get(f"{resource.name}?limit=1")["X-Total-Count"] == "1"

    def test_it_posts_for_itself_only(self, acme, resource):
        answer = acme.post(resource.name, resource.having(**resource.others))
        assert (answer.status_code, answer.json().get("code", "")) == resource.foreign
