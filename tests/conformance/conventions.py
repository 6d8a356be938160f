"""What TMF630 asks of any resource, as requests that a suite adds beyond its kit."""

from typing import Any

from tests.conformance import checks
from tests.conformance.suite import Check, Request

MERGE_PATCH = "application/merge-patch+json"
# Of a domain that never exists: nothing is delivered.
CALLBACK = "https://listener.example/tmfusage-conformance"
UNKNOWN_ID = "b3a1f6de-0000-4000-8000-does-not-exist"
WHOLE = (checks.status(200), checks.has("id"), checks.has("href"))


def refused(status: int, *more: Check) -> tuple[Check, ...]:
    """The answer is this status with TM Forum's Error as body."""
    return (checks.status(status), checks.error_body(), *more)


def listing(path: str, filters: dict[str, Any]) -> tuple[Request, ...]:
    """Counts, pages, links, selection and filters of a list that holds at least two resources."""
    page = (checks.status(206), checks.number_of_items(1), checks.counted(at_least=2))
    unknown = refused(400, checks.mentions("noSuchAttribute"))
    query = "&".join(f"{name}={'false' if value is False else value}" for name, value in filters.items())
    requests = (
        ("list with its counts", "", (checks.status(200), checks.counted(at_least=2))),
        ("first page", "?limit=1", (*page, checks.header("Link", 'rel="next"'))),
        (
            "second page",
            "?offset=1&limit=1",
            (*page, checks.header("Link", 'rel="prev"')),
        ),
        ("no item at all", "?limit=0", (checks.number_of_items(0), checks.counted())),
        ("no attribute but id and href", "?fields=none", (checks.status(200), checks.only("id", "href"))),
        ("filter", f"?{query}", (checks.status(200), *(checks.each_is(*term) for term in filters.items()))),
        ("filter on an unknown attribute", "?noSuchAttribute=1", unknown),
        ("negative limit", "?limit=-1", refused(400)),
        ("offset that is no number", "?offset=many", refused(400)),
    )
    return tuple(
        Request(group="List", title=f"{path}: {title}", path=path + suffix, beyond=beyond)
        for title, suffix, beyond in requests
    )


def patching(path: str, kept: str, mandatory: str) -> tuple[Request, ...]:
    """Merge-patch of the resource kept under this name: what changes, what stays, what is refused."""
    one = f"{path}/{{{kept}[id]}}"

    def patch(title: str, body: Any, beyond: tuple[Check, ...], media_type: str = MERGE_PATCH) -> Request:
        headers = {"Content-Type": media_type}
        return Request(
            group="Patch",
            title=f"{path}/{{id}}: {title}",
            method="PATCH",
            path=one,
            body=body,
            headers=headers,
            beyond=beyond,
        )

    text = "Changed by the conformance suite"
    stays = (checks.has(mandatory), checks.is_kept("id", kept))
    return (
        patch("merge-patch", {"description": text}, (*WHOLE, checks.each_is("description", text), *stays)),
        patch("null removes", {"description": None}, (*WHOLE, checks.lacks("description"), *stays)),
        patch(
            "application/json merges too",
            {"description": text},
            (*WHOLE, checks.each_is("description", text), *stays),
            "application/json",
        ),
        patch("the id stays", {"id": UNKNOWN_ID}, refused(400)),
        patch("a mandatory attribute stays", {mandatory: None}, refused(400)),
        patch("not an object", [1], refused(400)),
        patch("other media type", "x", refused(415), "text/plain"),
        Request(
            group="Patch",
            title=f"{path}/{{id}}: the change is stored",
            path=one,
            beyond=(*WHOLE, checks.each_is("description", text)),
        ),
    )


def errors(path: str, kept: str) -> tuple[Request, ...]:
    """Errors in TM Forum's shape, for each way of asking wrongly."""
    one, unknown = f"{path}/{{{kept}[id]}}", f"{path}/{UNKNOWN_ID}"

    def wrong(title: str, method: str, at: str, beyond: tuple[Check, ...], body: Any = None, **headers: str):
        return Request(
            group="Errors",
            title=f"{path}: {title}",
            method=method,
            path=at,
            body=body,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
            beyond=beyond,
        )

    patch_allowed, post_allowed = checks.header("Allow", "PATCH"), checks.header("Allow", "POST")
    return (
        wrong("unknown id", "GET", unknown, refused(404)),
        wrong("unknown id cannot be changed", "PATCH", unknown, refused(404), {"description": "x"}),
        wrong("unknown id cannot be deleted", "DELETE", unknown, refused(404)),
        wrong("PUT is not there", "PUT", one, refused(405, patch_allowed), {}),
        wrong("a list cannot be deleted", "DELETE", path, refused(405, post_allowed)),
        wrong("nothing but JSON out", "GET", path, refused(406), Accept="application/xml"),
        wrong("nothing but JSON in", "POST", path, refused(415), "x", Content_Type="text/plain"),
        wrong("broken JSON", "POST", path, refused(400), '{"description": '),
        wrong("a name given twice", "POST", path, refused(400), '{"description": "a", "description": "b"}'),
        wrong("NaN", "POST", path, refused(400), '{"description": NaN}'),
        wrong("nothing given", "POST", path, refused(400), {}),
    )


def entrance(path: str) -> tuple[Request, ...]:
    """The way in: the API's root, a trailing slash, unknown paths, and nobody without a key."""
    anonymous = refused(401, checks.header("WWW-Authenticate", "Bearer"))
    return (
        Request(group="Entrance", title="the API's root", path="/", beyond=(checks.status(200),)),
        Request(group="Entrance", title=f"{path}/ with a slash", path=f"{path}/", beyond=(checks.status(200),)),
        Request(group="Entrance", title="unknown path", path="/noSuchResource", beyond=refused(404)),
        Request(group="Entrance", title=f"{path} without a key", path=path, anonymous=True, beyond=anonymous),
    )


def deletion(path: str, kept: str) -> tuple[Request, ...]:
    """The resource kept under this name goes, and is gone."""
    one = f"{path}/{{{kept}[id]}}"
    return (
        Request(
            group="Delete",
            title=f"{path}/{{id}} ({kept})",
            method="DELETE",
            path=one,
            beyond=(checks.status(204),),
        ),
        Request(group="Delete", title=f"{path}/{{id}} is gone ({kept})", path=one, beyond=refused(404)),
    )


def hub() -> tuple[Request, ...]:
    """A listener registers, looks, and leaves."""
    one, unknown, listener = "/hub/{hub[id]}", f"/hub/{UNKNOWN_ID}", {"callback": CALLBACK}
    told = (checks.has("id"), checks.each_is("callback", CALLBACK))

    def ask(title: str, method: str, path: str, *beyond: Check, body: Any = None, keep: str = "") -> Request:
        title = f"/hub: {title}"
        return Request(
            group="Hub", title=title, method=method, path=path, body=body, keep=keep, beyond=beyond, needs="hub"
        )

    made = (checks.status(201), checks.header("Location", "/hub/"), *told)
    return (
        ask("a listener registers", "POST", "/hub", *made, body=listener, keep="hub"),
        ask("the same registration again", "POST", "/hub", *refused(409), body=listener),
        ask("no callback", "POST", "/hub", *refused(400), body={"query": "eventType=x"}),
        ask(
            "its registration",
            "GET",
            one,
            checks.status(200),
            *told,
            checks.is_kept("id", "hub"),
            checks.lacks("secret"),
        ),
        ask("all of its registrations", "GET", "/hub", checks.status(200), checks.is_kept("id", "hub")),
        ask("it leaves", "DELETE", one, checks.status(204)),
        ask("it is gone", "GET", one, *refused(404)),
        ask("it cannot leave again", "DELETE", one, *refused(404)),
        ask("unknown", "DELETE", unknown, *refused(404)),
    )
