"""TMF677 Usage Consumption, 4.0.0 and 5.1.0: what its kits send and assert by their published rules, and more."""

from dataclasses import replace
from typing import Any

from tests.conformance import checks, conventions
from tests.conformance.figures import keeps_to_figures
from tests.conformance.suite import Check, Memory, Request, Suite
from tests.conformance.tmf635 import searched_by, selected

PATH = "/queryUsageConsumption"
NOBODY = "conformance-unknown-party"
PARTY = {"id": NOBODY, "role": "customer", "@referredType": "Individual"}
PARTY_V5 = {
    "@type": "RelatedPartyRefOrPartyRoleRef",
    "role": "customer",
    "partyOrPartyRole": {"@type": "PartyRef", "id": NOBODY, "@referredType": "Individual"},
}
OWNERS: dict[str, dict[str, Any]] = {
    "partyAccount": {"id": "conformance-account"},
    "logicalResource": {"id": "+15550109999", "name": "A line"},
    "product": {"id": "conformance-product"},
    "service": {"id": "conformance-service"},
}
TYPES = {
    "partyAccount": "PartyAccountRef",
    "logicalResource": "LogicalResourceRef",
    "product": "UsageConsumptionProductRef",
}
# What nobody can be asked for by.
EMPTY: tuple[tuple[str, Any], ...] = (
    ("nothing", {}),
    ("an empty search", {"searchCriteria": {}}),
    ("no party", {"relatedParty": []}),
    ("a party without an id", {"relatedParty": [{"role": "customer", "@referredType": "Individual"}]}),
    ("an account without an id", {"searchCriteria": {"partyAccount": [{"name": "x"}]}}),
    ("a product without an id", {"searchCriteria": {"product": [{"name": "x"}]}}),
    ("no array", {"relatedParty": PARTY}),
)


def an_array(name: str) -> Check:
    """Every resource in the body has an array in the attribute, be it empty."""
    return checks._per_item(
        f"{name} is an array", lambda item: (isinstance(item.get(name), list), checks.shown(item.get(name)))
    )


ARRAY = an_array("usageConsumption")


def typed() -> Check:
    """Every object but amounts and periods says its class, and nothing is null."""

    def test(item: dict[str, Any]) -> tuple[bool, str]:
        wrong = [*untyped(item, "$")]
        return not wrong, ", ".join(wrong[:3])

    return checks._per_item("Every object has @type, and no member is null", test)


def untyped(value: Any, path: str) -> list[str]:
    """The paths of objects without class, and of nulls."""
    if value is None:
        return [path]
    if isinstance(value, list):
        return [each for at, item in enumerate(value) for each in untyped(item, f"{path}[{at}]")]
    if not isinstance(value, dict):
        return []
    plain = set(value) <= {"amount", "units", "startDateTime", "endDateTime"}
    inner = [each for name, item in value.items() for each in untyped(item, f"{path}.{name}")]
    return inner if plain or "@type" in value else [path, *inner]


def asked(title: str, body: Any, keep: str = "", more: tuple[Check, ...] = ()) -> Request:
    """A query that finds nothing, which is no error."""
    return Request(
        group="queryUsageConsumption N1",
        title=f"{PATH}: {title}",
        method="POST",
        path=PATH,
        body=body,
        keep=keep,
        checks=(checks.status(200, 201), checks.mandatory("id", "href"), ARRAY, *more),
    )


def kit(party: Any, owners: dict[str, Any], more: tuple[Check, ...]) -> tuple[Request, ...]:
    """The requests of the kit."""
    found = (checks.status(200), checks.mandatory("id", "href"), checks.is_kept("id", "query"), ARRAY, *more)
    none: dict[str, Any] = {"group": "queryUsageConsumption E1", "method": "POST", "path": PATH}
    return (
        asked("by a party that nobody knows", {"relatedParty": [party]}, "query", more),
        *(asked(f"by {name}", {"searchCriteria": {name: [ref]}}, more=more) for name, ref in owners.items()),
        Request(group="queryUsageConsumption N1", title=PATH, path=PATH, checks=found),
        Request(group="queryUsageConsumption N1", title=f"{PATH}/{{id}}", path=f"{PATH}/{{query[id]}}", checks=found),
        selected(PATH, "id") if not more else _selected_v5(),
        searched_by(PATH, "id", "query", (*found,)),
        *(
            Request(title=f"{PATH}: {title}", body=body, checks=(checks.status(400),), beyond=WRONG, **none)
            for title, body in EMPTY
        ),
        Request(
            group="queryUsageConsumption E2",
            title=f"{PATH}/404ID",
            path=f"{PATH}/81017615-0000-4000-8000-conformance404",
            checks=(checks.status(404),),
            beyond=(checks.error_body(),),
        ),
    )


WRONG = (checks.error_body(),)


def _selected_v5() -> Request:
    only = checks.only("id", "href", "@type", "creationDate", "state")
    at = f"{PATH}?fields=state"
    return Request(group="queryUsageConsumption N2", title=at, path=at, checks=(checks.status(200), only))


def combined(memory: Memory) -> Any:
    """Several criteria, several ids of each."""
    two = [{"id": f"{NOBODY}-{each}", "@referredType": "Individual"} for each in (1, 2)]
    return {"relatedParty": two, "searchCriteria": {"bucket": [{"usageType": "data"}], **_all_owners()}}


def _all_owners() -> dict[str, Any]:
    return {name: [reference, {**reference, "id": f"{reference['id']}2"}] for name, reference in OWNERS.items()}


def beyond(waiting: int) -> tuple[Request, ...]:
    """What else is promised: preferences, combinations, deletion; nobody without a key."""

    def prefer(title: str, preference: str, *more: Check) -> Request:
        return Request(
            group="Preferences",
            title=title,
            method="POST",
            path=PATH,
            body={"relatedParty": [PARTY]},
            headers={"Prefer": preference},
            beyond=(ARRAY, *more),
        )

    deferred = (checks.status(waiting), checks.each_is("state", "acknowledged"), checks.location_is_href())
    return (
        *conventions.entrance(PATH),
        prefer("answered later", "respond-async", *deferred),
        prefer("not stored", "return=minimal", checks.status(200)),
        Request(
            group="Criteria",
            title="in any combination",
            method="POST",
            path=PATH,
            body=combined,
            beyond=(checks.status(201), ARRAY, checks.location_is_href()),
        ),
        *_errors(),
        *conventions.deletion(PATH, "query"),
        *conventions.hub(),
    )


def _errors() -> tuple[Request, ...]:
    """Those of all resources that fit one that is not changed, and has no mandatory attribute."""
    wanted = ("unknown id", "unknown id cannot be deleted", "nothing but JSON", "broken JSON", "a name given", "NaN")
    found = conventions.errors(PATH, "query")
    return tuple(each for each in found if each.title.removeprefix(f"{PATH}: ").startswith(wanted) and _fits(each))


def _fits(request: Request) -> bool:
    return request.method != "PATCH"


def reports() -> tuple[Request, ...]:
    """v5's reports: computed by a GET, kept by a POST."""
    path = "/usageConsumptionReport"
    search = f"{path}?logicalResource.value=%2B15550109999"
    return (
        Request(group="Report", title=f"{path}: list", path=path, beyond=(checks.status(200), checks.counted())),
        Request(group="Report", title=f"{path}: computed", path=search, beyond=(checks.status(200), typed())),
        Request(
            group="Report",
            title=f"{path}: kept",
            method="POST",
            path=path,
            body={"@type": "UsageConsumptionReport", "logicalResource": [{"id": "+15550109999"}]},
            keep="report",
            beyond=(checks.status(201), checks.location_is_href(), checks.has("creationDate"), typed()),
        ),
        *conventions.deletion(path, "report"),
    )


KINDS = {
    "queryUsageConsumption": "QueryUsageConsumption",
    "usageConsumptionReport": "UsageConsumptionReport",
    "hub": "Hub",
}


def judged(requests: tuple[Request, ...], of_the_kit: bool) -> tuple[Request, ...]:
    """The requests, each answer to which has to keep to the figures of the OpenAPI file; but for the API's root."""

    def judge(request: Request) -> Request:
        name = request.path.strip("/").partition("/")[0].partition("?")[0]
        check = keeps_to_figures(KINDS.get(name, "Error"))
        if not name:
            return request
        more = {"checks": (*request.checks, check)} if of_the_kit else {"beyond": (*request.beyond, check)}
        return replace(request, **more)

    return tuple(judge(request) for request in requests)


V5_OWNERS = {name: {"@type": TYPES[name], **reference} for name, reference in OWNERS.items() if name in TYPES}
SUITE = Suite(
    api="TMF677 Usage Consumption",
    version="4.0.0",
    kit_version="profile TMF677B, 4.0.0",
    api_path="/tmf-api/usageConsumption/v4",
    kit=kit(PARTY, OWNERS, ()),
    beyond=beyond(201),
)
SUITE_V5 = Suite(
    api="TMF677 Usage Consumption",
    version="5.1.0",
    kit_version="rules of the v5 kits",
    api_path="/tmf-api/usageConsumption/v5",
    kit=judged(kit(PARTY_V5, V5_OWNERS, (typed(), checks.has("creationDate"))), of_the_kit=True),
    beyond=judged((*beyond(202), *reports()), of_the_kit=False),
)
