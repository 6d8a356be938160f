"""What an answer shows can be filtered and sorted by, or is refused by name; run by `tests/test_contract.py`."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from tests.contract import ids, made
from tests.described import rule


def scalars(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Each scalar of an answer as a filter would have it: its dotted name, and its text."""
    if isinstance(value, dict):
        yield from (each for key, item in value.items() for each in scalars(item, f"{name}.{key}".strip(".")))
    elif isinstance(value, list):
        yield from (each for item in value for each in scalars(item, name))
    elif value is not None:
        yield name, value if isinstance(value, str) else json.dumps(value)


@rule("filters")
class TestShown:
    """Part 1 §4.4, §4.7: nothing is silently not found."""

    @pytest.mark.parametrize("form", ["{name}.eq={text}", "filter={name}"])
    def test_whatever_an_answer_shows_is_found(self, api, resource, form):
        shown = made(api, resource, vendor={"n": [1.5, None, "x,y"], "t": True}, **resource.telling)
        for name, text in scalars(shown):
            if name in resource.criteria:
                continue
            answer = api.get(f"{resource.name}?{form.format(name=quote(name), text=quote(text, safe=''))}")
            if answer.status_code == 501:
                assert name.rpartition(".")[2] in answer.json()["reason"] + answer.json().get("message", "")
            else:
                assert ids(answer) == [shown["id"]], (name, text)

    def test_whatever_an_answer_shows_is_sorted_by(self, api, resource):
        shown = made(api, resource, **resource.telling)
        made(api, resource)
        for name, _ in scalars(shown):
            if name.startswith("notes."):
                continue  # the sender's own member: sorted by is what is declared
            answer = api.get(f"{resource.name}?sort=-{quote(name)}")
            assert answer.status_code == 501 or len(ids(answer)) == 2, (name, answer.content)
