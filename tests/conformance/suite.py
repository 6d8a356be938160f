"""What a conformance suite is made of: requests in order, each with what must hold of its answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.client import Exchange

Memory = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Assertion:
    """One thing that was checked, in the kit's wording, and what was found where it failed."""

    title: str
    passed: bool
    found: str = ""


Check = Callable[[Exchange, Memory], Iterator[Assertion]]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of a suite; `{usage[id]}` in its path is the id of what was kept as "usage"."""

    title: str
    method: str = "GET"
    path: str
    description: str = ""
    group: str = ""
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    anonymous: bool = False
    checks: tuple[Check, ...] = ()
    beyond: tuple[Check, ...] = ()
    keep: str = ""
    # A scope that keys may lack: the rest of the group is skipped then.
    needs: str = ""

    def body_for(self, memory: Memory) -> Any:
        """The body to send; a function makes it from what earlier requests created."""
        return self.body(memory) if callable(self.body) else self.body


@dataclass(frozen=True, kw_only=True)
class Suite:
    """The requests that show whether a server keeps to one version of one API.

    `kit` is what TM Forum's own kit sends and asserts; `beyond` is what else this project promises.
    """

    api: str
    version: str
    kit_version: str
    api_path: str
    kit: tuple[Request, ...]
    beyond: tuple[Request, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A request, the exchange it led to, and the assertions made (the kit's, and beyond it), or why there are none."""

    request: Request
    exchange: Exchange
    kit: tuple[Assertion, ...] = ()
    beyond: tuple[Assertion, ...] = ()
    skipped: str = ""
