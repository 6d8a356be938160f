"""Nothing happens unannounced: every way to change a usage or a specification publishes what it did."""

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from specs.models import UsageSpecification
from tests.access.factories import make_client
from tests.api.payloads import RATING, call_of, voice_specification
from tests.calling import Api
from tests.specs.factories import make_specification
from tests.usage.factories import make_usage
from tmfusage.demo.loading import load_catalogue, load_usages
from tmfusage.hub.models import Event, Hub
from tmfusage.tmf.refusals import TmfError
from usage import lifecycle, moving
from usage.models import Usage

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def hub(db) -> Hub:
    return Hub.register(api="usageManagement", callback="http://127.0.0.1:9/x", by="tests")[0]


@pytest.fixture
def api() -> Api:
    return Api(make_client()[1])


def told() -> list[str]:
    """The types of the events so far, without the common end."""
    types = Event.objects.order_by("seq").values_list("event_type", flat=True)
    return [each.removesuffix("Event") for each in types]


def test_a_received_usage_is_announced_as_it_is_stored():
    usage = make_usage()
    event = Event.objects.get()
    assert event.event_type == "UsageCreateEvent"
    assert event.resource == usage.shown
    assert (event.resource_key, event.revision, event.party_ids) == (f"usage/{usage.pk}", 1, ["acme"])


def test_a_refused_usage_is_not_announced():
    with pytest.raises(TmfError):
        make_usage(usageDate="2026-03-01T12:00:00Z", by="tests", status=lifecycle.RATED, ratedProductUsage=None)
    assert told() == []


def test_a_changed_usage_tells_what_changed():
    usage = make_usage()
    usage.amend({**usage.shown, "description": "new", "usageType": "data"}, "tests")
    assert told() == ["UsageCreate", "UsageAttributeValueChange"]
    assert set(Event.objects.latest("seq").field_path.split(",")) == {"description", "usageType"}


def test_a_moved_usage_changes_its_state_only():
    make_usage(lifecycle.RECEIVED).move_to(lifecycle.GUIDED, "tests")
    assert told() == ["UsageCreate", "UsageStateChange"]
    assert Event.objects.latest("seq").resource["status"] == "guided"


def test_a_usage_that_moves_and_changes_tells_both():
    usage = make_usage(lifecycle.GUIDED)
    usage.amend({**usage.shown, "status": "rated", "ratedProductUsage": RATING}, "tests")
    assert told() == ["UsageCreate", "UsageStateChange", "UsageAttributeValueChange"]


def test_a_usage_that_stays_as_it_is_tells_nothing():
    usage = make_usage()
    usage.amend(usage.shown, "tests")
    assert told() == ["UsageCreate"]


def test_a_removed_usage_is_announced_as_it_was():
    usage = make_usage()
    before = usage.shown
    usage.remove("tests")
    assert told() == ["UsageCreate", "UsageDelete"]
    assert Event.objects.latest("seq").resource == before


def test_staff_who_move_usages_tell_it():
    usage = make_usage(lifecycle.RECEIVED)
    moving.move(usage.pk, lifecycle.GUIDED, by="staff:ann")
    moving.move_many([usage.pk], lifecycle.REJECTED, by="staff:ann")
    assert told() == ["UsageCreate", "UsageStateChange", "UsageStateChange"]


def test_every_verb_of_a_specification_tells_it():
    specification = make_specification()
    specification.amend({**specification.shown, "description": "new"}, "tests")
    specification.clone("2.0", "tests")
    specification.remove("tests")
    create, change, delete = (f"UsageSpecification{what}" for what in ("Create", "AttributeValueChange", "Delete"))
    assert told() == [create, change, create, delete]
    assert list(Event.objects.exclude(field_path="").values_list("field_path", flat=True)) == ["description"]


def test_a_specification_that_is_refused_or_in_use_tells_nothing():
    specification = make_specification()
    make_usage(usageSpecification={"id": specification.pk})
    with pytest.raises(TmfError):
        specification.remove("tests")
    with pytest.raises(TmfError):
        UsageSpecification.receive({"name": "broken", "specCharacteristic": [{"name": "a"}, {"name": "a"}]}, "tests")
    assert told() == ["UsageSpecificationCreate", "UsageCreate"]


def test_the_api_tells_every_change(api):
    specification = api.post("usageSpecification", voice_specification()).json()["id"]
    usage = api.post("usage", call_of(specification)).json()["id"]
    api.patch(f"usage/{usage}", {"description": "new"})
    api.patch(f"usage/{usage}", {"status": "rejected"})
    api.delete(f"usage/{usage}")
    api.patch(f"usageSpecification/{specification}", {"description": "new"})
    api.delete(f"usageSpecification/{specification}")
    assert told() == [
        "UsageSpecificationCreate",
        "UsageCreate",
        "UsageAttributeValueChange",
        "UsageStateChange",
        "UsageDelete",
        "UsageSpecificationAttributeValueChange",
        "UsageSpecificationDelete",
    ]


def test_what_the_api_refuses_is_not_told(api):
    usage = api.post("usage", call_of()).json()["id"]
    assert api.patch(f"usage/{usage}", {"status": "billed"}).status_code == 409
    assert told() == ["UsageCreate"]


def test_an_event_carries_the_id_of_its_request(api):
    api.post("usage", call_of(), **{"X-Request-ID": "from-the-client"})
    assert Event.objects.get().correlation_id == "from-the-client"


def test_staff_who_delete_a_specification_tell_it():
    specification = make_specification()
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    browser.post(reverse("admin:specs_usagespecification_delete", args=[specification.pk]), {"post": "yes"})
    assert told() == ["UsageSpecificationCreate", "UsageSpecificationDelete"]


@pytest.mark.timeout(180)
def test_the_demonstration_tells_what_it_loads():
    now = datetime(2026, 11, 1, tzinfo=UTC)
    specifications = load_catalogue(now)
    Event.objects.all().delete()
    Hub.objects.update(query="", event_types=["UsageDeleteEvent"])
    usages = load_usages(now)
    assert specifications
    assert Usage.objects.count() == usages
    assert not Event.objects.exists()


UNTOLD = re.compile(
    r"\b(?:Usage|UsageSpecification)\.objects\b[^#\n]*\.(?:update|bulk_create|bulk_update|delete|create|get_or_create|update_or_create)\("
)
WRITES = {
    "save",
    "insert",
    "delete",
    "update",
    "bulk_create",
    "bulk_update",
    "create",
    "get_or_create",
    "update_or_create",
}
# Where rows of Usage and UsageSpecification are written: each of these publishes, or leaves that to `settle`.
TELLING = {
    "usage/models.py",
    "usage/events.py",
    "specs/models.py",
    "specs/wire.py",
    "tmfusage/demo/loading.py",
    "consumption/events.py",
}
# Rows of other models.
OTHERS = re.compile(
    r"(?:Bucket\w*|SenderKey|changes|unique_values|StatusChange|UniqueValue|history|cache|rare|known|row|child)\b"
)


def writes(path: Path) -> list[str]:
    """The calls in the file that may write a usage or a specification."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            receiver = ast.unparse(node.func.value)
            if re.search(
                r"[Uu]sage|[Ss]pecification|resource|queryset|self\.get_queryset", receiver
            ) and not OTHERS.search(receiver):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {receiver}.{node.func.attr}")
    return found


def test_nothing_writes_a_resource_but_its_verbs():
    sources = [path for place in ("usage", "specs", "consumption", "tmfusage") for path in (ROOT / place).rglob("*.py")]
    others = [path for path in sources if str(path.relative_to(ROOT)) not in TELLING and "migrations" not in path.parts]
    assert [call for path in others for call in writes(path)] == []


# Where consumption writes its resources, and what is told of it.
IN_CONSUMPTION = {
    "consumption/reserving.py": "an action that is taken back publishes its CancelEvent",
    "consumption/querying.py": "a query that moves on publishes its StateChangeEvent",
    "consumption/events.py": "what is deleted publishes its DeleteEvent",
    "consumption/thresholds.py": "a crossed threshold publishes BucketThresholdCrossedEvent",
    # TMF654 has events of actions on balances and none of buckets: these are not told.
    "consumption/models/bucket.py": "a bucket is opened, amended or removed",
    "consumption/ledger.py": "a bucket's balance changes",
    "consumption/ending.py": "a bucket expires or renews",
    "consumption/sweeping.py": "how often ending a bucket has failed",
}
OF_BUCKETS = re.compile(r"(?:Bucket\.objects\b.*|self|action|query|report|resource|bucket)")


def test_consumption_writes_its_resources_where_it_is_known_what_is_told():
    found = set()
    for path in (ROOT / "consumption").rglob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        methods = [each for each in calls if isinstance(each, ast.Attribute) and each.attr in WRITES]
        if any(OF_BUCKETS.fullmatch(ast.unparse(each.value)) for each in methods):
            found.add(str(path.relative_to(ROOT)))
    assert found == set(IN_CONSUMPTION)
