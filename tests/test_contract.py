"""Every resource in every version keeps the rules of TMF630."""

from typing import Any

from django.urls import URLResolver, get_resolver

from tests.api.payloads import call_of, voice_specification
from tests.contract import *  # noqa: F403 (its tests and fixtures are run here)
from tests.contract_shown import *  # noqa: F403
from tests.contract_writing import *  # noqa: F403
from tests.described import RULES, ZETA, Described

TMF635, BALANCES = "/tmf-api/usageManagement/v4", "/tmf-api/prepayBalanceManagement/v4"
CONSUMPTION = "/tmf-api/usageConsumption"
ACME = [{"id": "acme", "role": "customer", "@referredType": "Organization"}]
MUCH = {"usageType": "data", "remainingValue": {"amount": 1_000, "units": "MB"}}


def buckets(whose: list[Any], *names: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What is posted for them."""
    return tuple(("bucket", {**MUCH, "id": name, "relatedParty": whose}) for name in names)


def action(name: str, **members: Any) -> Described:
    """An action on a balance: it belongs to the parties of its buckets, happens once and stays."""
    others = {"bucket": {"id": "Z1"}, **({"receiverBucket": {"id": "Z2"}} if members else {})}
    return Described(
        BALANCES,
        name,
        {
            **{"amount": {"amount": 1, "units": "MB"}, "bucket": {"id": "B1"}, "relatedParty": ACME},
            **{"description": "words", "reason": "word", **members},
        },
        text="description",
        word="reason",
        lacks=frozenset({"patch", "delete"}),
        needs=buckets(ACME, "B1", "B2"),
        others_need=buckets([ZETA], "Z1", "Z2"),
        others=others,
        foreign=(400, "referenceNotFound"),
        changed=name == "reserveBalance",
    )


def asked(root: str, name: str, **differently: Any) -> Described:
    """A query or report: it has few members of its own, and a client of one party is told of nobody else."""
    usual: dict[str, Any] = {"text": "@schemaLocation", "word": "@baseType", "prefix": "text"}
    usual |= {"always": ("id", "href", "@type", "creationDate"), **differently}
    return Described(
        root,
        name,
        {"relatedParty": ACME, "notes": [{"id": "acme"}], usual["text"]: "words", usual["word"]: "word"},
        array="notes",
        lacks=frozenset({"patch"}),
        foreign=(201, ""),
        changed=False,
        **usual,
    )


def hub(root: str) -> Described:
    """Listeners: a short list of each client's own, without revisions."""
    return Described(
        root,
        "hub",
        {"callback": "http://127.0.0.1:9/events"},
        text="query",
        word="callback",
        lacks=frozenset({"etag", "fields", "filters", "members", "pages", "parties", "patch"}),
        told_once=("secret",),
        changed=False,
        other_scope="usage:read",
    )


RESOURCES = [
    Described(
        TMF635,
        "usage",
        call_of(description="words", relatedParty=ACME),
        text="description",
        word="usageType",
        moment="usageDate",
        legacy=("type", "usageType"),
    ),
    Described(
        TMF635,
        "usageSpecification",
        voice_specification(description="words", relatedParty=ACME),
        text="description",
        word="name",
        legacy=("", ""),
    ),
    Described(
        BALANCES,
        "bucket",
        {"usageType": "data", "name": "word", "description": "words", "relatedParty": ACME},
        text="description",
        word="name",
        telling={"remainingValue": {"amount": 5, "units": "GB"}, "validFor": {"endDateTime": "2999-01-01T00:00:00Z"}},
    ),
    *(action(name) for name in ("topupBalance", "adjustBalance", "reserveBalance")),
    action("transferBalance", receiverBucket={"id": "B2"}),
    asked(f"{CONSUMPTION}/v4", "queryUsageConsumption", always=("id", "href", "@type")),
    asked(f"{CONSUMPTION}/v5", "queryUsageConsumption"),
    asked(
        f"{CONSUMPTION}/v5",
        "usageConsumptionReport",
        text="description",
        word="name",
        prefix="text ",
        criteria=frozenset({"relatedParty.partyOrPartyRole.id"}),
    ),
    *(hub(root) for root in (TMF635, BALANCES, f"{CONSUMPTION}/v4", f"{CONSUMPTION}/v5")),
]


def pytest_generate_tests(metafunc):
    """Each test judges the resources that know the rules it is marked with."""
    if "resource" in metafunc.fixturenames:
        rules = {name for mark in metafunc.definition.iter_markers("rule") for name in mark.args}
        assert rules <= RULES
        metafunc.parametrize("resource", [each for each in RESOURCES if not rules & each.lacks], ids=str)


def collections(patterns=None, path: str = "") -> set[str]:
    """The paths of all collections that are mounted."""
    found = set()
    for each in get_resolver().url_patterns if patterns is None else patterns:
        here = path + str(each.pattern).removeprefix("^").removesuffix("/?$")
        if isinstance(each, URLResolver):
            found |= collections(each.url_patterns, here)
        elif "post" in (getattr(each.callback, "actions", None) or ()):
            found.add(f"/{here}")
    return found


def test_every_collection_that_is_mounted_is_judged():
    assert collections() == {f"{each.root}/{each.name}" for each in RESOURCES}
