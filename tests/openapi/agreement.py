"""Judges an answer of the API by its OpenAPI document: status, headers, media type and body."""

import copy
import re
from typing import Any

from django.http import HttpResponse
from jsonschema import Draft202012Validator, FormatChecker

from tests.calling import USAGE_API

Schema = dict[str, Any]
# What the document must mention when an answer carries it (Allow comes with every answer).
TELLING = {"ETag", "Link", "Location", "WWW-Authenticate"}


class Agreement:
    """The document, and what it says about answers."""

    def __init__(self, document: Schema):
        self.document = document
        self.closed = copy.deepcopy(document["components"])
        for schema in self.closed["schemas"].values():
            if schema.get("additionalProperties") is True:
                schema["additionalProperties"] = False

    def check(self, response: HttpResponse, status: int) -> None:
        """Fail unless the answer has the status and is as described."""
        assert response.status_code == status, response.content
        described = self.described(response)
        self._check_headers(response, described.get("headers", {}))
        content = described.get("content", {})
        assert bool(content) == bool(response.content)
        if content:
            media_type = response["Content-Type"].partition(";")[0]
            assert media_type in content
            assert not self.complaints(response.json(), content[media_type]["schema"])

    def described(self, response: HttpResponse) -> Schema:
        """The response object for the answer."""
        request = response.wsgi_request
        operations = self.document["paths"][self._template(request.path_info.removeprefix(USAGE_API))]
        # A method that is not there at all is answered as every operation of the path describes.
        operation = operations.get(request.method.lower()) or next(iter(operations.values()))
        return self._resolved(operation["responses"][str(response.status_code)])

    def complaints(self, value: Any, schema: Schema, closed: bool = False) -> list[str]:
        """What is wrong with a value; `closed` objects may hold only what is described."""
        components = self.closed if closed else self.document["components"]
        validator = Draft202012Validator({**schema, "components": components}, format_checker=FormatChecker())
        return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]

    def component(self, name: str) -> Schema:
        """A reference to a schema of the document."""
        assert name in self.document["components"]["schemas"]
        return {"$ref": f"#/components/schemas/{name}"}

    def _check_headers(self, response: HttpResponse, described: Schema) -> None:
        for name, reference in described.items():
            header = self._resolved(reference)
            assert name in response.headers or not header["required"], f"{name} is missing"
            if name in response.headers and header["schema"]["type"] == "integer":
                assert response[name].isdigit()
        telling = {name for name in response.headers if name in TELLING or name.startswith(("X-Total", "X-Result"))}
        assert telling <= set(described)

    def _template(self, path: str) -> str:
        return next(
            template
            for template in self.document["paths"]
            if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path)
        )

    def _resolved(self, item: Schema) -> Schema:
        if "$ref" not in item:
            return item
        _, kind, name = item["$ref"].rsplit("/", 2)
        return self.document["components"][kind][name]
