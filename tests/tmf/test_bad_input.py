"""Every malformed request we could think of: its status, its code, and a complete TMF Error."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.access.factories import make_client
from tests.api.payloads import call_of, voice_specification
from tests.calling import Api

pytestmark = pytest.mark.django_db
JSON = "application/json"
MERGE = "application/merge-patch+json"
PATCH = "application/json-patch+json"
QUERIES = "application/json-patch-query+json"
LONG = "x" * 2_049


@dataclass(frozen=True)
class Row:
    """A request and its refusal."""

    method: str
    path: str
    status: int
    code: str
    body: Any = b""
    kind: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = self.body if isinstance(self.body, str) else repr(self.body)
        return f"{self.method} {self.path[:60]} {str(shown)[:50]!r} {self.kind.rpartition('/')[2]}"


def get(query: str, status: int = 400, code: str = "invalidQuery", **more: Any) -> Row:
    return Row("GET", f"usage?{query}", status, code, **more)


def post(body: Any, status: int = 400, code: str = "invalidBody", **more: Any) -> Row:
    return Row("POST", "usage", status, code, body, **more)


def patch(body: Any, status: int = 400, code: str = "invalidValue", **more: Any) -> Row:
    return Row("PATCH", "usage/{id}", status, code, body, **{"kind": MERGE, **more})


def usage(**members: Any) -> str:
    return json.dumps(call_of(**members))


def text(value: str) -> str:
    """A body whose description is this JSON text."""
    return usage(description="HERE").replace('"HERE"', value)


QUERY = [
    get("nope=1"),
    get("usagetype=voice"),
    get("Description.lt=1"),
    get("=1"),
    get("a..b=1"),
    get(".status=rated"),
    get("status.=rated"),
    get("usageDate=soon"),
    get("usageDate.gt=2026-13-01"),
    get("usageDate.gte=2026-03-01T12:00:00"),
    get("usageDate=2026-03-01T12:00:00%2B99:00"),
    get("relatedParty=1"),
    get("ratedProductUsage.taxRate=many"),
    get("ratedProductUsage.isBilled=perhaps"),
    get("ratedProductUsage.isBilled.gt=true"),
    get(f"description={LONG}"),
    get("description=%00"),
    get("description=%ff%fe"),
    get("description=%ed%a0%80"),
    get(";".join(f"description={number}&usageType={number}" for number in range(26))),
    get("a.b.c.d.e.f.g.h.i=1"),
    get("description.regex=("),
    get("description.regex=(a)\\1"),
    get("description.regex=a{1000}"),
    get("description.regex=(a{2}){2}"),
    get("description.regex=[z-a]"),
    get("description.regex=*"),
    get(f"description.regex={'a' * 257}"),
    get("ratedProductUsage.taxRate.regex=1"),
    get("limit=-1"),
    get("limit=ten"),
    get("limit=1e3"),
    get("limit="),
    get("limit=1&limit=2"),
    get("offset=-5"),
    get("offset=1.5"),
    get("offset=%D9%A3"),
    get("fields=a,,b"),
    get("fields=.a"),
    get("fields=usageCharacteristic[?("),
    get("fields=" + ",".join(f"a{n}" for n in range(101))),
    get("fields=usageCharacteristic[?(@.name=~'a')]", 501, "notImplemented"),
    get("sort=nope"),
    get("sort=--usageDate"),
    get("sort="),
    get("sort=relatedParty"),
    get("sort=" + ",".join(["usageDate"] * 6)),
    get("after=x"),
    get("before=eyJhIjoxfQ:x"),
    get("after="),
    get("after=x&offset=1"),
    get("after=x&before=y"),
    get("depth=2", 501, "notImplemented"),
    get("expand=relatedParty", 501, "notImplemented"),
    get("filter="),
    get("filter=$"),
    get("filter=$[?(@.status=='rated')"),
    get("filter=$[?(@.status='rated')]"),
    get("filter=$[?(@.status=='rated)]"),
    get("filter=$[?()]"),
    get("filter=$[?(1==1)]"),
    get("filter=$[?(@.status)]]"),
    get("filter=$..status", 501, "notImplemented"),
    get("filter=$[(@.length-1)]", 501, "notImplemented"),
    get("filter=$[?(stddev(@.a)>1)]", 501, "notImplemented"),
    get("filter=$[?(@.description=~'(a)\\1')]"),
    get("filter=status==rated;usageDate=ge=2026-01-01"),
    get("filter=status=in=(rated,billed)"),
    get("a=" + "b" * 8_200, 414, "uriTooLong"),
    get("", 406, "notAcceptable", headers={"Accept": "text/html"}),
    get("", 406, "notAcceptable", headers={"Accept": "application/json;q=0"}),
]
BODIES = [
    post(b""),
    post("{"),
    post('{"a":1,}'),
    post("{'a':1}"),
    post("nonsense"),
    post("null"),
    post("[]"),
    post('"text"'),
    post("1"),
    post("true"),
    post('{"description":"a","description":"b"}'),
    post(text("NaN")),
    post(text("Infinity")),
    post(text("-Infinity")),
    post(text("01")),
    post(text("1.")),
    post(text("0x10")),
    post(text('"\\u0000"')),
    post(text('"\\ud800"')),
    post(text('"\\x"')),
    post(text('"a\nb"')),
    post(text("1" * 65)),
    post(text("1e999999")),
    post('{"\\u0000":1}'),
    post("[" * 33 + "]" * 33),
    post('{"a":' * 40 + "1" + "}" * 40),
    post("[" * 100_000),
    post(b'{"description":"\xff"}'),
    post(usage().encode("utf-16")),
    post(b"\xef\xbb\xbf"),
    post(usage(), 415, "unsupportedMediaType", kind="text/xml"),
    post(usage(), 415, "unsupportedMediaType", kind="application/x-www-form-urlencoded"),
    post(usage(), 415, "unsupportedMediaType", kind="multipart/form-data; boundary=x"),
    post(usage(), 415, "unsupportedMediaType", kind=MERGE),
    post(usage(), 415, "unsupportedMediaType", kind="application/json; charset=latin-1"),
    post(usage(), 415, "unsupportedMediaType", kind="nonsense"),
    post(usage(), 415, "unsupportedMediaType", headers={"Content-Encoding": "gzip"}),
    post(usage(description="x" * 1_048_577), 413, "payloadTooLarge"),
    post(usage(), 411, "lengthRequired", headers={"Transfer-Encoding": "chunked", "Content-Length": ""}),
    post(usage(usageDate="yesterday"), code="invalidFormat"),
    post(usage(usageDate="2026-03-01T12:00:00"), code="invalidFormat"),
    post(usage(usageDate="2026-02-30T12:00:00Z"), code="invalidFormat"),
    post(usage(usageDate=7), code="invalidFormat"),
    post(usage(status="paid"), code="invalidValue"),
    post(usage(status="rated"), code="missingProperty"),
    post(usage(status="billed"), 409, "invalidTransition"),
    post(usage(relatedParty={"id": "a"}), code="invalidFormat"),
    post(usage(relatedParty="acme"), code="invalidFormat"),
    post(usage(relatedParty=[{"id": ""}]), code="invalidFormat"),
    post(usage(relatedParty=[{"role": "payer"}]), code="missingProperty"),
    post(usage(usageSpecification={}), code="missingProperty"),
    post(json.dumps({"usageType": "voice"}), code="missingProperty"),
    post(usage(usageCharacteristic=[{"value": 1}]), code="missingProperty"),
    post(usage(usageCharacteristic=[7]), code="invalidFormat"),
    post(usage(description=7), code="invalidFormat"),
    post(usage(description="x" * 10_001), code="invalidValue"),
    post(usage(**{"@type": "no type"}), code="invalidFormat"),
    post(usage(date="2026-03-02T12:00:00Z"), code="invalidValue"),
    post(usage(externalIdentifier=[{"owner": "x"}]), code="missingProperty"),
    Row("POST", "usageSpecification", 400, "missingProperty", json.dumps({"version": "1"})),
    Row("POST", "usageSpecification", 400, "invalidFormat", json.dumps(voice_specification(name=7))),
    Row("POST", "usage?limit=1", 400, "invalidQuery", usage()),
    Row("POST", "usage?status=rated", 400, "invalidQuery", usage()),
    Row("POST", "usage?fields=a,,b", 400, "invalidQuery", usage()),
]
PATCHES = [
    patch("[]", code="invalidBody"),
    patch("7", code="invalidBody"),
    patch(b"", code="invalidBody"),
    patch({"id": "other"}),
    patch({"href": "http://elsewhere"}),
    patch({"@type": "Other"}),
    patch({"@type": None}),
    patch({"@baseType": "Other"}),
    patch({"usageSpecification": None}, code="missingProperty"),
    patch({"usageDate": "soon"}, code="invalidFormat"),
    patch({"usageDate": "2026-03-01T00:00:00Z", "date": "2026-03-02T00:00:00Z"}),
    patch({"status": "paid"}),
    patch({"status": "billed"}, 409, "invalidTransition"),
    patch({"status": "rated"}, 409, "invalidTransition"),
    patch({}, 415, "unsupportedMediaType", kind="text/plain"),
    patch({"description": "b"}, 412, "preconditionFailed", headers={"If-Match": '"99"'}),
    patch({"description": "b"}, 400, "invalidHeader", headers={"If-Match": "99"}),
    patch("x", code="invalidBody", kind=PATCH),
    patch(7, code="invalidBody", kind=PATCH),
    patch([7], code="invalidFormat", kind=PATCH),
    patch([{"op": "jump", "path": "/a"}], kind=PATCH),
    patch([{"op": "add", "path": "/a"}], code="missingProperty", kind=PATCH),
    patch([{"op": "add", "value": 1}], code="missingProperty", kind=PATCH),
    patch([{"op": "add", "path": "a", "value": 1}], kind=PATCH),
    patch([{"op": "remove", "path": "/none"}], 409, "conflict", kind=PATCH),
    patch([{"op": "test", "path": "/usageType", "value": "x"}], 409, "conflict", kind=PATCH),
    patch([{"op": "remove", "path": "/id"}], kind=PATCH),
    patch([{"op": "replace", "path": "", "value": 1}], code="invalidBody", kind=PATCH),
    patch([{"op": "test", "path": "", "value": 1}] * 101, code="invalidBody", kind=PATCH),
    patch([{"op": "remove", "path": "relatedParty[?(@.id=="}], kind=QUERIES),
    patch([{"op": "remove", "path": "/relatedParty?id=none"}], 409, "conflict", kind=QUERIES),
    Row("PATCH", "usage/{id}?limit=1", 400, "invalidQuery", {"description": "b"}, MERGE),
]
ADDRESSES = [
    Row("GET", "usage/none", 404, "notFound"),
    Row("GET", "usage/%00", 404, "notFound"),
    Row("GET", "usage/" + "x" * 5_000, 404, "notFound"),
    Row("GET", "usage/%ff", 404, "notFound"),
    Row("GET", "usages", 404, "notFound"),
    Row("GET", "usage/a/b", 404, "notFound"),
    Row("GET", "/tmf-api/usageManagement/v9/usage", 404, "notFound"),
    Row("GET", "/tmf-api/", 404, "notFound"),
    Row("GET", "usageSpecification/none/schema", 404, "notFound"),
    Row("PATCH", "usage/none", 404, "notFound", {"description": "b"}, MERGE),
    Row("DELETE", "usage/none", 404, "notFound"),
    Row("DELETE", "usage/{id}", 412, "preconditionFailed", headers={"If-Match": '"99"'}),
    Row("DELETE", "usage/{id}?status=rated", 400, "invalidQuery"),
    Row("GET", "usage/{id}", 400, "invalidHeader", headers={"If-None-Match": "99"}),
    Row("PUT", "usage/{id}", 405, "methodNotAllowed", usage()),
    Row("DELETE", "usage", 405, "methodNotAllowed"),
    Row("PATCH", "usage", 405, "methodNotAllowed", {}),
    Row("TRACE", "usage", 405, "methodNotAllowed"),
    Row("NONSENSE", "usage", 405, "methodNotAllowed"),
    Row("POST", "usage/{id}", 405, "methodNotAllowed", usage()),
    Row("GET", "usage", 401, "missingCredentials", headers={"Authorization": ""}),
    Row("GET", "usage", 401, "missingCredentials", headers={"Authorization": "Basic YTpi"}),
    Row("GET", "usage", 401, "invalidCredentials", headers={"Authorization": "Bearer nonsense"}),
    Row("GET", "usage", 401, "invalidCredentials", headers={"Authorization": "Bearer a b"}),
    Row("GET", "usage", 401, "invalidCredentials", headers={"Authorization": "Bearer " + "x" * 9_000}),
    Row("GET", "usage", 400, "invalidHost", headers={"Host": "bad host"}),
]


@pytest.fixture
def api() -> Api:
    return Api(make_client()[1])


@pytest.mark.parametrize("row", [*QUERY, *BODIES, *PATCHES, *ADDRESSES], ids=str)
def test_a_malformed_request_is_refused_in_full(api, row):
    stored = api.post("usage", call_of()).json() if "{id}" in row.path else {}
    body = row.body if isinstance(row.body, bytes | str) else json.dumps(row.body)
    path = row.path.format(id=stored["id"]) if stored else row.path
    sent = {"content_type": row.kind} if body or row.method in {"POST", "PATCH"} else {}
    answer = api.call(row.method, path, data=body, headers=row.headers, **sent)
    assert answer.status_code == row.status, answer.content[:500]
    error = answer.json()
    assert error["code"] == row.code, error
    assert error["status"] == str(row.status)
    assert error["@type"] == "Error"
    assert error["reason"]
    assert all(isinstance(value, str) for name, value in error.items() if name != "violation")
    assert error["requestId"] == answer["X-Request-ID"]
    assert answer["Content-Type"].startswith("application/json")
    if stored:
        assert api.get(f"usage/{stored['id']}").json() == stored


def test_there_are_enough_rows():
    assert len({str(row) for row in [*QUERY, *BODIES, *PATCHES, *ADDRESSES]}) > 150
