"""API keys: what they open, when they stop, and what is kept of them."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from tests.access.factories import make_client
from tests.access.probe import knock, says
from tmfusage.access import keys
from tmfusage.access.models import ApiClient, ApiKey

pytestmark = pytest.mark.django_db


@pytest.fixture
def no_memory(settings):
    settings.API_KEY_CACHE_SECONDS = 0


def test_a_key_opens_in_the_name_of_its_client():
    _client, key = make_client(name="mediation")
    assert says(knock(key)) == "client:mediation"


def test_a_key_has_a_prefix_and_256_bits():
    _client, key = make_client()
    assert re.fullmatch(r"tmfu_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", key)


def test_only_prefix_and_digest_are_in_the_database():
    _client, key = make_client()
    with connection.cursor() as cursor:
        cursor.execute("SELECT k::text FROM access_apikey k")
        (row,) = cursor.fetchone()
    assert keys.digest_of(key) in row
    assert key[14:] not in row


def test_another_secret_behind_a_known_prefix_is_refused():
    _client, key = make_client()
    assert knock(key[:14] + "x" * 43).status_code == 401


def test_a_key_stops_at_its_expiry():
    client, _key = make_client()
    _row, key = client.issue_key(expires_at=timezone.now() - timedelta(seconds=1))
    assert knock(key).status_code == 401


def test_a_remembered_key_stops_at_its_expiry_too(settings):
    settings.API_KEY_CACHE_SECONDS = 60
    client, _key = make_client()
    row, key = client.issue_key(expires_at=timezone.now() + timedelta(milliseconds=300))
    assert knock(key).status_code == 200
    while timezone.now() < row.expires_at:
        pass
    assert knock(key).status_code == 401


@pytest.mark.usefixtures("no_memory")
def test_a_revoked_key_is_refused():
    client, key = make_client()
    assert knock(key).status_code == 200
    client.keys.get().revoke()
    assert knock(key).status_code == 401


def test_a_revocation_takes_effect_within_the_cache_time(settings):
    settings.API_KEY_CACHE_SECONDS = 0.3
    client, key = make_client()
    assert knock(key).status_code == 200
    client.keys.get().revoke()
    latest = timezone.now() + timedelta(seconds=0.4)
    while timezone.now() < latest and knock(key).status_code == 200:
        pass
    assert knock(key).status_code == 401


@pytest.mark.usefixtures("no_memory")
def test_an_inactive_client_is_refused():
    client, key = make_client()
    ApiClient.objects.filter(pk=client.pk).update(is_active=False)
    assert knock(key).status_code == 401


@pytest.mark.usefixtures("no_memory")
def test_rotation_lets_both_keys_work_until_the_overlap_ends():
    client, old = make_client()
    _successor, new = client.keys.get().rotate(timedelta(hours=1))
    assert [knock(key).status_code for key in (old, new)] == [200, 200]
    client.keys.filter(replaced_by__isnull=False).update(expires_at=timezone.now())
    assert [knock(key).status_code for key in (old, new)] == [401, 200]


def test_the_overlap_is_a_setting(settings):
    settings.API_KEY_ROTATION_OVERLAP = timedelta(hours=3)
    client, _key = make_client()
    old = client.keys.get()
    old.rotate()
    assert timedelta(hours=2, minutes=59) < old.expires_at - timezone.now() <= timedelta(hours=3)


def test_rotation_keeps_an_earlier_expiry_and_the_lifetime():
    client, _key = make_client()
    old, _plain = client.issue_key(expires_at=timezone.now() + timedelta(minutes=10))
    ending = old.expires_at
    new, _plain = old.rotate(timedelta(hours=1))
    assert old.expires_at == ending
    assert timedelta(minutes=9) < new.expires_at - timezone.now() <= timedelta(minutes=10, seconds=1)


def test_a_key_is_rotated_once():
    client, _key = make_client()
    old = client.keys.get()
    old.rotate()
    with pytest.raises(ValidationError):
        ApiKey.objects.get(pk=old.pk).rotate()
    assert client.keys.count() == 2


def test_a_revoked_key_stays_revoked():
    client, _key = make_client()
    key = client.keys.get()
    key.revoke()
    first = key.revoked_at
    key.revoke()
    assert ApiKey.objects.get(pk=key.pk).revoked_at == first
    with pytest.raises(ValidationError):
        key.rotate()


def test_an_adopted_key_works_and_is_adopted_once():
    client, _key = make_client()
    plain = keys.generate()
    assert client.adopt_key(plain) == client.adopt_key(plain)
    assert knock(plain).status_code == 200


def test_no_client_adopts_the_key_of_another():
    _first, key = make_client()
    second, _key = make_client()
    with pytest.raises(ValidationError):
        second.adopt_key(key)
    with pytest.raises(ValidationError):
        second.adopt_key("tmfu_short_key")


def test_a_known_key_costs_no_query(django_assert_num_queries):
    _client, key = make_client()
    knock(key)
    with django_assert_num_queries(0):
        assert knock(key).status_code == 200


def test_a_refused_key_costs_one_query(django_assert_num_queries):
    key = keys.generate()
    with django_assert_num_queries(1):
        assert [knock(key).status_code for _ in range(3)] == [401, 401, 401]


@pytest.mark.usefixtures("no_memory")
def test_the_use_of_a_key_is_noted_once_a_minute(django_assert_num_queries):
    client, key = make_client()
    with django_assert_num_queries(2):
        knock(key)
    noted = client.keys.get().last_used_at
    with django_assert_num_queries(1):
        knock(key)
    assert noted is not None
    assert client.keys.get().last_used_at == noted


def test_a_use_that_another_process_noted_is_not_noted_again():
    client, _key = make_client()
    now, minute = timezone.now(), timedelta(seconds=60)
    assert client.keys.all().note_use(now, minute) == 1
    assert client.keys.all().note_use(now + timedelta(seconds=59), minute) == 0
    assert client.keys.all().note_use(now + timedelta(seconds=61), minute) == 1


def test_unknown_scopes_are_refused():
    with pytest.raises(ValidationError, match="usage:admin"):
        make_client(scopes=["usage:read", "usage:admin"])
