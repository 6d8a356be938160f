"""TMF635 Usage Management 4.0.0: the kit's 15 requests and its assertions, and what we promise beyond."""

from typing import Any

from tests.conformance import checks, conventions
from tests.conformance.suite import Check, Memory, Request, Suite

# The kit's usage refers to a specification that exists nowhere; it has to be accepted.
UNKNOWN_SPECIFICATION = {"id": "af59-b504c742900e", "name": "Voice-Usage-Specification"}
USAGE = {
    "description": "Call to voicemail",
    "usageDate": "2026-03-01T08:30:00.000Z",
    "usageType": "Voice",
    "relatedParty": [{"id": "conformance-subscriber", "role": "customer", "@referredType": "Individual"}],
    "usageCharacteristic": [
        {"name": "duration", "valueType": "integer", "value": 20},
        {"name": "unit", "valueType": "string", "value": "SEC"},
    ],
    "usageSpecification": UNKNOWN_SPECIFICATION,
}
NAMED = ("id", "href", "name")
# A number no binary float can hold, and an attribute the standard does not know.
EXACT = (
    '{"usageType": "Voice", "usageDate": "2026-03-01T08:31:00Z", "conformanceNote": {"kept": true},'
    ' "usageCharacteristic": [{"name": "amount", "valueType": "number", "value": 12345678901234567.89}],'
    ' "usageSpecification": {"id": "af59-b504c742900e"}}'
)
SPECIFICATION = {
    "name": "Voice-Usage-Specification",
    "description": "A call: how long, counted in what",
    "version": "1.0",
    "lifecycleStatus": "Active",
    "isBundle": False,
    "validFor": {"startDateTime": "2020-01-01T00:00:00Z", "endDateTime": "2099-01-01T00:00:00Z"},
    "specCharacteristic": [
        {
            "name": "duration",
            "valueType": "integer",
            "configurable": True,
            "minCardinality": 1,
            "maxCardinality": 1,
            "characteristicValueSpecification": [
                {"valueType": "integer", "valueFrom": 0, "valueTo": 86400, "rangeInterval": "closed"}
            ],
        },
        {
            "name": "unit",
            "valueType": "string",
            "configurable": True,
            "minCardinality": 0,
            "maxCardinality": 1,
            "characteristicValueSpecification": [
                {"valueType": "string", "value": "SEC", "isDefault": True},
                {"valueType": "string", "value": "MIN", "isDefault": False},
            ],
        },
    ],
}


def kit_requests(
    path: str, kept: str, body: Any, mandatory: tuple[str, ...], told: tuple[str, ...]
) -> tuple[Request, ...]:
    """The kit's requests for one resource; `told` are the attributes it asserts one by one and selects by."""
    whole = (checks.mandatory(*mandatory), *map(checks.has, told), *map(checks.holds, told))
    found = (checks.status(200), *whole, *(checks.is_kept(name, kept) for name in told))
    create = Request(
        group=f"{path[1:]} N1",
        title=path,
        description="creates one",
        method="POST",
        path=path,
        body=body,
        keep=kept,
        checks=(checks.status(201), *whole),
        beyond=(checks.location_is_href(),),
    )
    missing = Request(
        group=f"{path[1:]} E1",
        title=f"{path}/404ID",
        description="asks for one that does not exist",
        path=f"{path}/81017615-0000-4000-8000-conformance404",
        checks=(checks.status(404),),
        beyond=(checks.error_body(),),
    )
    searched = [name for name in told if name not in ("id", "href")]
    return (
        create,
        Request(group=create.group, title=path, description="finds the one created", path=path, checks=found),
        Request(group=create.group, title=f"{path}/{{id}}", path=f"{path}/{{{kept}[id]}}", checks=found),
        selected(path, "id"),
        searched_by(path, "id", kept, found),
        *(selected(path, name) for name in told if name != "id"),
        *(searched_by(path, name, kept, found) for name in searched),
        missing,
    )


def selected(path: str, name: str) -> Request:
    """The kit asks for one attribute and asserts nothing; beyond it: id and href come along, nothing else."""
    only = checks.only(*dict.fromkeys(("id", "href", name)))
    at = f"{path}?fields={name}"
    return Request(group=f"{path[1:]} N2", title=at, path=at, beyond=(checks.status(200), only))


def searched_by(path: str, name: str, kept: str, found: tuple[Check, ...]) -> Request:
    """A list of those with the created resource's value in this attribute."""
    return Request(
        group=f"{path[1:]} N2",
        title=f"{path}?{name}=…",
        path=f"{path}?{name}={{{kept}[{name}]}}",
        checks=found,
        beyond=(checks.counted(at_least=1),),
    )


def record(memory: Memory, *characteristics: tuple[str, Any]) -> dict[str, Any]:
    """A usage of the created specification with these characteristics."""
    return {
        "usageType": "Voice",
        "usageDate": "2026-03-01T09:00:00Z",
        "usageSpecification": {"id": memory["specification"]["id"]},
        "usageCharacteristic": [{"name": name, "value": value} for name, value in characteristics],
    }


def governed() -> tuple[Request, ...]:
    """A usage of a known specification: checked against it, and a reason to keep that specification."""
    broken = conventions.refused(400, checks.mentions("duration"), checks.mentions("unit"))
    kept = (
        checks.status(201),
        checks.each_is("usageCharacteristic.value", 61),
        checks.each_is("status", "received"),
    )

    def post(title: str, beyond: tuple[Check, ...], *values: tuple[str, Any], keep: str = "") -> Request:
        return Request(
            group="Governed",
            title=f"/usage: {title}",
            method="POST",
            path="/usage",
            keep=keep,
            beyond=beyond,
            body=lambda memory: record(memory, *values),
        )

    return (
        post("keeps to its specification", kept, ("duration", 61), ("unit", "SEC"), keep="governed"),
        post("breaks two rules, and is told both", broken, ("unit", "fortnight")),
        post("value out of range", conventions.refused(400, checks.mentions("duration")), ("duration", 90_000)),
        Request(
            group="Governed",
            title="/usageSpecification/{id}: in use, cannot go",
            method="DELETE",
            path="/usageSpecification/{specification[id]}",
            beyond=conventions.refused(409),
        ),
    )


def life_cycle() -> tuple[Request, ...]:
    """The states a usage may and may not go to."""

    def move(status: str, beyond: tuple[Check, ...]) -> Request:
        return Request(
            group="Life cycle",
            title=f"/usage/{{id}}: to {status}",
            method="PATCH",
            path="/usage/{exact[id]}",
            body={"status": status},
            headers={"Content-Type": conventions.MERGE_PATCH},
            beyond=beyond,
        )

    def moved(status: str) -> tuple[Check, ...]:
        return (checks.status(200), checks.each_is("status", status))

    return (
        move("billed", conventions.refused(409)),
        move("guided", moved("guided")),
        move("guided", moved("guided")),
        move("noSuchStatus", conventions.refused(400)),
        move("rejected", moved("rejected")),
        move("recycled", moved("recycled")),
    )


def exactness() -> tuple[Request, ...]:
    """What is stored comes back as it was sent: numbers to the last digit, unknown attributes too."""
    echoed = (checks.mentions("12345678901234567.89"), checks.each_is("conformanceNote.kept", True))
    return (
        Request(
            group="Exactness",
            title="/usage: stores what it is given",
            method="POST",
            path="/usage",
            body=EXACT,
            keep="exact",
            beyond=(checks.status(201), checks.location_is_href(), *echoed),
        ),
        Request(group="Exactness", title="/usage/{id}: gives it back", path="/usage/{exact[id]}", beyond=echoed),
    )


def second_specification() -> Request:
    """Another specification of the same name, which is allowed."""
    return Request(
        group="Exactness",
        title="/usageSpecification: the same name again",
        method="POST",
        path="/usageSpecification",
        body=SPECIFICATION,
        keep="second",
        beyond=(checks.status(201), checks.location_is_href()),
    )


SUITE = Suite(
    api="TMF635 Usage Management",
    version="4.0.0",
    kit_version="CTK-Usage-4.0.0",
    api_path="/tmf-api/usageManagement/v4",
    kit=(
        *kit_requests("/usage", "usage", USAGE, ("id", "usageSpecification"), ("id",)),
        *kit_requests("/usageSpecification", "specification", SPECIFICATION, NAMED, NAMED),
    ),
    beyond=(
        *exactness(),
        second_specification(),
        *conventions.entrance("/usage"),
        *conventions.listing("/usage", {"usageSpecification.id": "af59-b504c742900e", "usageType": "Voice"}),
        *conventions.listing("/usageSpecification", {"version": "1.0", "isBundle": False}),
        *governed(),
        *life_cycle(),
        *conventions.patching("/usage", "usage", "usageSpecification"),
        *conventions.patching("/usageSpecification", "second", "name"),
        *conventions.errors("/usage", "usage"),
        *conventions.errors("/usageSpecification", "second"),
        *conventions.deletion("/usage", "governed"),
        *conventions.deletion("/usage", "exact"),
        *conventions.deletion("/usage", "usage"),
        *conventions.deletion("/usageSpecification", "second"),
        *conventions.deletion("/usageSpecification", "specification"),
    ),
)
