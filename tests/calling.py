"""How tests call the API: Django's client with a key, JSON in and out."""

import json
from typing import Any

from django.test import Client

USAGE_API = "/tmf-api/usageManagement/v4"


class Api:
    """An integrator with one API key; paths are relative to the API's root."""

    def __init__(self, key: str = "", root: str = USAGE_API):
        self.client = Client(headers={"Authorization": f"Bearer {key}"} if key else {}, raise_request_exception=False)
        self.root = root

    def get(self, path: str, **headers: str):
        return self.client.get(self.url(path), headers=headers)

    def post(self, path: str, body: Any, content_type: str = "application/json", **headers: str):
        return self.client.post(self.url(path), text(body), content_type=content_type, headers=headers)

    def patch(self, path: str, body: Any, content_type: str = "application/merge-patch+json", **headers: str):
        return self.client.patch(self.url(path), text(body), content_type=content_type, headers=headers)

    def delete(self, path: str):
        return self.client.delete(self.url(path))

    def call(self, method: str, path: str, **kwargs: Any):
        return self.client.generic(method, self.url(path), **kwargs)

    def url(self, path: str) -> str:
        """The path as a full one; absolute ones (hrefs) stay."""
        return path if path.startswith(("/", "http")) else f"{self.root}/{path}"


def text(body: Any) -> Any:
    """The body as it is sent: bytes and text as they are, anything else as JSON."""
    return body if isinstance(body, bytes | str) else json.dumps(body)
