"""What a query may ask: what no event can have is refused when the listener registers."""

import pytest

from tests.access.factories import make_client
from tests.api.payloads import call_of
from tests.calling import Api
from tests.hub.making import make_hub
from tmfusage.hub.draining import Drain
from tmfusage.hub.models import Hub

pytestmark = pytest.mark.django_db(transaction=True)
CALLBACK = "http://127.0.0.1:9/events"
HUBS = {
    "usage": "/tmf-api/usageManagement/v4/hub",
    "v4": "/tmf-api/usageConsumption/v4/hub",
    "v5": "/tmf-api/usageConsumption/v5/hub",
    "balance": "/tmf-api/prepayBalanceManagement/v4/hub",
}


@pytest.fixture
def api(db) -> Api:
    return Api(make_client()[1])


@pytest.mark.parametrize(
    ("hub", "query", "named"),
    [
        ("usage", "eventType=NopeEvent", "NopeEvent"),
        ("usage", "eventType=UsageCreateEvent,NopeEvent", "NopeEvent"),
        ("usage", "eventType=usagecreateevent", "UsageCreateEvent is meant"),
        ("usage", "filter=$[?(@.eventType=='NopeEvent')]", "NopeEvent"),
        ("usage", "eventType=TopupBalanceCreateEvent", "TopupBalanceCreateEvent"),
        ("v4", "eventType=UsageConsumptionReportCreateEvent", "UsageConsumptionReportCreateEvent"),
        ("v5", "@type=NopeEvent", "NopeEvent"),
        ("usage", "nope=1", "nope"),
        ("usage", "nope.eq=1", "nope"),
        ("usage", "filter=$[?(@.nope==1)]", "nope"),
        ("usage", "filter=$.nope[?(@.id==1)]", "nope"),
        ("usage", "timeOccurred.gt=2026-01-01", "timeOccurred"),
        ("usage", "eventType.foo=3", "eventType.foo"),
        ("usage", "event.nope.status=x", "event.nope.status"),
        ("usage", "event.queryUsageConsumption.id=1", "event.queryUsageConsumption.id"),
        ("usage", "event.usage.usageDate=notadate", "event.usage.usageDate"),
        ("usage", "event.usageDate=notadate", "event.usageDate"),
        ("usage", "filter=$[?(@.event.usage.usageDate>'notadate')]", "event.usage.usageDate"),
        ("usage", "event.usage.ratedProductUsage.ratingDate.lt=soon", "ratingDate"),
        ("usage", "event.usage.ratedProductUsage.taxRate.gt=much", "taxRate"),
        ("usage", "event.usage=1", "event.usage is an object"),
        ("usage", "event.usage.type=voice", "usageType is meant"),
        ("usage", "eventTime.gt=blah", "eventTime"),
        ("usage", "%zz", "%zz"),
        ("balance", "event.bucket.confirmationDate=never", "event.bucket.confirmationDate"),
    ],
)
def test_what_no_event_can_match_is_refused_by_its_name(api, hub, query, named):
    answer = api.post(HUBS[hub], {"callback": CALLBACK, "query": query})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalidQuery")
    assert named in answer.json()["message"]
    assert not Hub.objects.exists()


@pytest.mark.parametrize(
    ("hub", "query"),
    [
        ("usage", ""),
        ("usage", "eventType=UsageCreateEvent,UsageSpecificationDeleteEvent&fields=eventType,event.usage.id"),
        ("usage", "eventType.ne=UsageCreateEvent&eventTime.gt=2026-01-01T00:00:00Z"),
        ("usage", "event.usage.roamingPartner=X"),
        ("usage", "event.usage.usageCharacteristic.value=5;event.usage.status=rated"),
        ("usage", "event.id=1&event.lifecycleStatus=active&correlationId=x"),
        ("usage", "event.usage.usageDate.gte=2026-01-01"),
        ("usage", "filter=$[?(@.event.usage.usageType=='voice')]"),
        ("usage", "filter=$.event.usage.relatedParty[?(@.id=='acme')]"),
        ("v4", "eventType=QueryUsageConsumptionStateChangeEvent&event.queryUsageConsumption.id=1"),
        ("v5", "@type=UsageConsumptionReportCreateEvent&timeOccurred.gt=2026-01-01&event.usageConsumptionReport.id=1"),
        ("balance", "eventType=BucketThresholdCrossedEvent&event.bucket.threshold=80"),
        ("balance", "event.topupBalance.amount.amount.gt=5"),
    ],
)
def test_what_an_event_may_have_is_registered(api, hub, query):
    answer = api.post(HUBS[hub], {"callback": CALLBACK, "query": query})
    assert answer.status_code == 201, answer.content


def test_a_listener_registered_before_goes_on_working(api, listener):
    make_hub(listener.url, api="usageManagement", query="nope=1;event.usage.status=received")
    api.post("usage", call_of())
    Drain().run()
    assert listener.types == ["UsageCreateEvent"]
