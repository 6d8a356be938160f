"""The query language as a client meets it: over HTTP, on usages that the API has stored."""

import pytest

from tests.usage.factories import make_usage

CELLS = [{"name": "duration", "value": 60}, {"name": "cell", "value": "A1", "vendor": {"site": ["north", "south"]}}]


def found(api, query: str) -> list[str]:
    answer = api.get(f"usage?fields=description&{query}")
    assert answer.status_code == 200, answer.json()
    return sorted(each["description"] for each in answer.json())


@pytest.fixture
def calls(api):
    """Two calls, told apart by their description."""
    make_usage(description="one", usageCharacteristic=CELLS, roaming={"partner": "X", "zones": [1, 2]})
    make_usage(
        "rated",
        description="two",
        usageDate="2026-03-02T23:30:00Z",
        usageCharacteristic=[{"name": "duration", "value": 5}, {"name": "cell", "value": 60}],
        relatedParty=[{"id": "b", "role": "User"}, {"id": "c", "role": "Payer", "@referredType": "Individual"}],
        externalIdentifier=[{"id": "key-2"}],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "descriptions"),
    [
        ("status=Rated", ["two"]),
        ("status.ne=rated", ["one"]),
        ("status%21=rated", ["one"]),
        ("status=received,rated", ["one", "two"]),
        ("usageDate=2026-03-02", ["two"]),
        ("usageDate=2026-03-03T00:30:00+01:00", ["two"]),
        ("usageDate%3E2026-03-01T12:00:00Z", ["two"]),
        ("usageDate.lte=2026-03-01", ["one"]),
        ("date>=2026-03-02", ["two"]),
        ("relatedParty.role=payer", ["two"]),
        ("relatedParty.role.ne=payer", ["one"]),
        ("relatedParty.@referredType=individual", ["two"]),
        ("relatedParty[?(@.role==Payer)].id=c", ["two"]),
        ("relatedParty[?(@referredType==Individual)].id=b", []),
        ("externalIdentifier.id=key-2", ["two"]),
        ("externalIdentifier.id=key-3", []),
        ("usageCharacteristic.value=60", ["one", "two"]),
        ("usageCharacteristic.value.gt=50", ["one", "two"]),
        ("filter=usageCharacteristic[?(@.name=='duration' %26%26 @.value>10)]", ["one"]),
        ("filter=usageCharacteristic[?(@.name=='duration' && @.value>10)]", ["one"]),
        ("filter=usageCharacteristic[?(@.name=='duration' && @.value==60)]", ["one"]),
        ("usageCharacteristic.vendor.site=south", ["one"]),
        ("roaming.eq=X", []),
        ("roaming.partner=X", ["one"]),
        ("roaming.zones.gt=1", ["one"]),
        ("filter=$[?(@.roaming.partner=='X')]", ["one"]),
        ("filter=roaming", ["one"]),
        ("@type=Usage&description=two", ["two"]),
        ("ratedProductUsage.taxIncludedAmount.value.gte=11.99", ["two"]),
        ("description.regex=^t.o$", ["two"]),
        ("status=rated;description=one", ["one", "two"]),
        ("status=rated&description=one;usageType=nothing", []),
        ("filter=$[?(@.status=='rated')]&filter=$[?(@.description=='one')]&usageType=voice", ["one", "two"]),
    ],
)
def test_a_filter_finds_what_it_says(api, calls, query, descriptions):
    assert found(api, query) == descriptions


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("roaming=X", 400, "roaming.eq="),
        ("usagedate.gte=2026-01-01", 400, "usageDate is meant"),
        ("status.x=1", 400, "status.x"),
        ("relatedParty=acme", 400, "is an object"),
        ("usageDate=soon", 400, "date-time"),
        ("ratedProductUsage.taxRate.gt=much", 400, "is a number"),
        ("ratedProductUsage.isBilled=perhaps", 400, "true or false"),
        ("href.gt=x", 501, "href"),
        ("filter=$[?(@.status=='rated']", 400, "position 22"),
        ("filter=$..status", 501, "the descent"),
        ("filter=status==rated;usageDate=ge=2026-01-01", 400, "status=rated&usageDate.gte=2026-01-01"),
        ("description.regex=(a)\\1", 400, "position 4"),
        ("a.b.c.d.e.f.g.h.i=1", 400, "8 levels"),
        ("description=" + "x" * 9000, 414, "8192"),
    ],
    ids=lambda each: str(each)[:30],
)
def test_a_refusal_says_what_is_wrong(api, query, status, words):
    answer = api.get(f"usage?{query}")
    assert answer.status_code == status
    assert words in answer.json()["message"]


@pytest.mark.django_db
def test_one_resource_is_filtered_alike(api):
    usage = make_usage(description="one", usageCharacteristic=CELLS)
    for query, status in (("@.value>10", 200), ("@.value>100", 404), ("@.vendor.site=='south'", 200), ("!@.name", 404)):
        assert api.get(f"usage/{usage.id}?filter=usageCharacteristic[?({query})]").status_code == status
    for query, status in (
        ("relatedParty.role.ne=Customer", 404),
        ("roaming.eq=1", 404),
        ("usageDate.lt=2026-04-01", 200),
    ):
        assert api.get(f"usage/{usage.id}?{query}").status_code == status


@pytest.mark.django_db
def test_what_is_not_stored_is_not_found_either(api, calls, settings):
    settings.STRICT_MEMBERS = True
    assert api.get("usage?roaming.partner=X").status_code == 400


@pytest.mark.django_db
def test_a_partner_finds_only_its_own(partner, calls):
    assert found(partner, "filter=$[?(@.usageType=='voice')]") == ["one"]
    assert found(partner, "externalIdentifier.id=key-2;status=received;status=rated") == ["one"]
