"""Staff enter what reports say beside buckets."""

import pytest
from django.contrib.auth.models import Group, User

from consumption.criteria import criteria_of
from consumption.models import ReportHeading
from consumption.querying import look
from consumption.report import parsed
from tests.consumption.factories import NUMBER, make_bucket

LIST = "/admin/consumption/reportheading/"


@pytest.fixture
def operator(client, db):
    user = User.objects.create_user("op", password="a long enough password", is_staff=True)
    user.groups.add(Group.objects.get(name="Operator"))
    client.force_login(user)
    return client


def test_a_heading_that_staff_enter_is_told(operator):
    make_bucket()
    form = {
        "kind": "resource",
        "key": NUMBER,
        "name": "Ada",
        "description": "",
        "characteristic": '[{"name": "STATUS"}]',
    }
    form |= {f"valid_{end}_{part}": "" for end in ("from", "to") for part in (0, 1)}
    assert operator.post(f"{LIST}add/", form).status_code == 302
    (report,) = parsed(look(criteria_of({"searchCriteria": {"logicalResource": [{"id": NUMBER}]}})))
    assert (report["name"], report["characteristic"]) == ("Ada", [{"name": "STATUS"}])


def test_headings_are_listed_and_found(operator):
    ReportHeading.objects.create(key="line-1", name="Ada")
    assert b"line-1" in operator.get(f"{LIST}?q=line").content
    assert b"line-1" not in operator.get(f"{LIST}?q=other").content
