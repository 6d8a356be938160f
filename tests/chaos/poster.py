"""Steady POSTs to the API, and how long each took and what came back."""

import http.client
import json
import threading
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.05


@dataclass(frozen=True)
class Posted:
    """One call: when it began, how long it took, the status (0: no answer), the usage."""

    at: float
    seconds: float
    status: int
    usage_id: str


class Poster(threading.Thread):
    """Posts usages until it is stopped."""

    def __init__(self, url: str, key: str):
        super().__init__(daemon=True)
        self.address, self.key = urlsplit(url).netloc, key
        self.calls: list[Posted] = []
        self.ending = threading.Event()

    def warm_up(self) -> None:
        """The first calls load what later ones use."""
        for _ in range(5):
            self._post()
        time.sleep(1)

    def run(self) -> None:
        while not self.ending.wait(PAUSE_SECONDS):
            self.calls.append(self._post())

    def stop(self) -> None:
        """No more calls."""
        self.ending.set()
        self.join(60)

    def _post(self) -> Posted:
        start = time.monotonic()
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        body = json.dumps({"description": "0", "usageType": "chaos", "usageSpecification": {"id": "elsewhere"}})
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            connection.request("POST", "/tmf-api/usageManagement/v4/usage", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            identifier = json.loads(text)["id"] if answer.status == 201 else ""
            return Posted(start, time.monotonic() - start, answer.status, identifier)
        except (OSError, http.client.HTTPException):
            return Posted(start, time.monotonic() - start, 0, "")
        finally:
            connection.close()
