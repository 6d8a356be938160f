"""API clients in the admin: a key is shown once, to those who may."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from tests.access.factories import make_client
from tests.access.probe import knock
from tmfusage.access import roles
from tmfusage.access.models import ApiClient, ApiKey

pytestmark = pytest.mark.django_db

CLIENTS = "/admin/access/apiclient/"
ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
KEY = re.compile(r"tmfu_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")


def logged_in(role: str) -> Client:
    user = User.objects.create_user(f"a.{role}", is_staff=True)
    user.groups.set([Group.objects.get(name=role)])
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def operator() -> Client:
    return logged_in(roles.OPERATOR)


@pytest.fixture
def client_() -> ApiClient:
    return make_client(name="mediation", scopes=["usage:read"])[0]


def keys_on(response) -> list[str]:
    return KEY.findall(response.content.decode())


def test_a_client_is_made_with_its_scopes(operator):
    form = {
        "name": "rating",
        "description": "",
        "scopes": ["usage:write", "usage:read"],
        "party": "",
        "is_active": "on",
    }
    empty = {f"keys-{name}": "0" for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")}
    response = operator.post(f"{CLIENTS}add/", {**form, **empty})
    assert response.status_code == 302, response.content.decode()
    made = ApiClient.objects.get(name="rating")
    assert (made.scopes, made.created_by) == (["usage:read", "usage:write"], "a.Operator")


@pytest.mark.parametrize(
    "kind",
    ["access/apiclient", "consumption/bucketspecification", "consumption/reportheading", "specs/usagespecification"],
)
def test_a_page_to_add_something_shows_no_id_that_is_not_the_one_it_will_get(admin_client, kind):
    shown = admin_client.get(f"/admin/{kind}/add/").content.decode()
    assert 'name="name"' in shown
    assert not ID.search(shown)
    assert "field-created_by" not in shown


def test_an_issued_key_is_shown_once_and_works(operator, client_):
    response = operator.post(f"{CLIENTS}{client_.pk}/issue-key/", {"expires_at_0": "", "expires_at_1": ""})
    (key,) = keys_on(response)
    assert "no-store" in response["Cache-Control"]
    assert knock(key).status_code == 200
    for page in (
        f"{CLIENTS}{client_.pk}/change/",
        f"{CLIENTS}{client_.pk}/issue-key/",
        f"{CLIENTS}{client_.pk}/history/",
    ):
        again = operator.get(page)
        assert again.status_code == 200
        assert key[14:] not in again.content.decode()


def test_an_issued_key_is_nowhere_in_the_database_nor_in_a_cookie(operator, client_):
    response = operator.post(f"{CLIENTS}{client_.pk}/issue-key/")
    (key,) = keys_on(response)
    with connection.cursor() as cursor:
        for table in ("access_apikey", "django_admin_log", "access_apiclient"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{key[14:]}%"])
            assert cursor.fetchone() == (0,)
    assert not any(key[14:] in str(session.get_decoded()) for session in Session.objects.all())
    assert not any(key[14:] in cookie.OutputString() for cookie in response.cookies.values())


def test_asking_for_the_form_issues_nothing(operator, client_):
    response = operator.get(f"{CLIENTS}{client_.pk}/issue-key/")
    assert response.status_code == 200
    assert keys_on(response) == []
    assert client_.keys.count() == 1


def test_a_key_that_has_expired_already_is_not_issued(operator, client_):
    response = operator.post(
        f"{CLIENTS}{client_.pk}/issue-key/", {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}
    )
    assert "This moment has passed." in response.content.decode()
    assert client_.keys.count() == 1


def test_a_key_is_issued_with_an_expiry(operator, client_):
    operator.post(f"{CLIENTS}{client_.pk}/issue-key/", {"expires_at_0": "2099-01-01", "expires_at_1": "00:00"})
    assert client_.keys.filter(expires_at__year=2099, created_by="a.Operator").exists()


def test_a_key_is_rotated(operator, client_):
    key = client_.keys.get()
    page = f"{CLIENTS}{client_.pk}/keys/{key.pk}/rotate/"
    assert keys_on(operator.get(page)) == []
    response = operator.post(page)
    (new,) = keys_on(response)
    assert "no-store" in response["Cache-Control"]
    assert knock(new).status_code == 200
    assert ApiKey.objects.get(pk=key.pk).state == ApiKey.State.REPLACED


def test_a_key_is_revoked(operator, client_):
    key = client_.keys.get()
    page = f"{CLIENTS}{client_.pk}/keys/{key.pk}/revoke/"
    assert operator.get(page).status_code == 200
    assert operator.post(page, follow=True).status_code == 200
    assert ApiKey.objects.get(pk=key.pk).state == ApiKey.State.REVOKED
    refused = operator.post(page.replace("revoke", "rotate"), follow=True)
    assert "Only an active key can be rotated" in refused.content.decode()


def test_what_was_done_stands_in_the_history(operator, client_):
    operator.post(f"{CLIENTS}{client_.pk}/issue-key/")
    key = client_.keys.first()
    assert LogEntry.objects.filter(change_message__contains=f"Issued key {key.prefix}").exists()


def test_the_list_shows_scopes_and_last_use(operator, client_):
    text = operator.get(CLIENTS).content.decode()
    assert "usage:read" in text
    assert "mediation" in text


def test_forms_from_elsewhere_are_refused(client_):
    user = User.objects.create_superuser("root")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(user)
    assert browser.post(f"{CLIENTS}{client_.pk}/issue-key/").status_code == 403
    assert browser.post(f"{CLIENTS}{client_.pk}/keys/{client_.keys.get().pk}/rotate/").status_code == 403


@pytest.mark.parametrize("role", [roles.PRODUCT_MANAGER, roles.CUSTOMER_CARE, roles.AUDITOR])
def test_others_issue_rotate_and_revoke_nothing(role, client_):
    browser, key = logged_in(role), client_.keys.get()
    pages = ["issue-key/", f"keys/{key.pk}/rotate/", f"keys/{key.pk}/revoke/"]
    assert {browser.post(f"{CLIENTS}{client_.pk}/{page}").status_code for page in pages} == {403}
    assert {browser.get(f"{CLIENTS}{client_.pk}/{page}").status_code for page in pages} == {403}
    assert client_.keys.get().state == ApiKey.State.ACTIVE


def test_an_auditor_reads_clients_and_changes_none(client_):
    auditor = logged_in(roles.AUDITOR)
    page = auditor.get(f"{CLIENTS}{client_.pk}/change/")
    assert page.status_code == 200
    assert "rotate" not in page.content.decode()
    assert auditor.post(f"{CLIENTS}{client_.pk}/change/", {"name": "x"}).status_code == 403
    assert auditor.post(f"{CLIENTS}add/", {"name": "x"}).status_code == 403
    assert auditor.post(f"{CLIENTS}{client_.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_key_of_another_client_is_not_found(operator, client_):
    other, _key = make_client()
    assert operator.post(f"{CLIENTS}{client_.pk}/keys/{other.keys.get().pk}/revoke/").status_code == 404
    assert operator.get(f"{CLIENTS}nobody/issue-key/").status_code == 404
