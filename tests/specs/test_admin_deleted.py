"""Deleted specifications stay readable: who, when, and what they said."""

import pytest
from django.urls import reverse

from specs.models import UsageSpecification
from tests.specs.factories import make_specification
from tests.specs.test_admin import member

pytestmark = pytest.mark.django_db
LIST = "/admin/specs/historicalusagespecification/"


@pytest.fixture
def deleted():
    """The last revision of a specification that an integrator has deleted; another one stays."""
    make_specification(name="Kept")
    make_specification(name="Gone").remove("client:mediation")
    return UsageSpecification.history.get(history_type="-", name="Gone")


@pytest.mark.parametrize("role", ["Product manager", "Auditor"])
def test_the_list_says_what_was_deleted_by_whom(deleted, role):
    page = member(role).get(LIST).content.decode()
    assert "Deleted specifications" in page
    assert "Gone" in page
    assert "Kept" not in page
    assert "client:mediation" in page


def test_a_deletion_in_the_admin_names_the_person(deleted):
    manager, specification = member("Product manager"), make_specification(name="Also gone")
    manager.post(reverse("admin:specs_usagespecification_delete", args=[specification.pk]), {"post": "yes"})
    assert "product" in manager.get(f"{LIST}?q=Also").content.decode()
    assert not UsageSpecification.objects.filter(name="Also gone").exists()


def test_the_last_document_and_the_history_can_be_read(deleted):
    auditor = member("Auditor")
    page = auditor.get(f"{LIST}{deleted.pk}/change/").content.decode()
    assert "originatingNumber" in page
    assert 'name="_save"' not in page
    history = reverse("admin:specs_usagespecification_history", args=[deleted.id])
    assert history in page
    assert "client:mediation" in auditor.get(history).content.decode()


def test_nobody_changes_what_happened(deleted):
    manager = member("Product manager")
    assert manager.post(f"{LIST}{deleted.pk}/change/", {"name": "x"}).status_code == 403
    assert manager.get(f"{LIST}{deleted.pk}/delete/").status_code == 403
    assert manager.get(f"{LIST}add/").status_code == 403


def test_the_menu_leads_to_the_list(deleted):
    assert f'href="{LIST}"' in member("Auditor").get("/admin/").content.decode()
