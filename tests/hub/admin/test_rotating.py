"""New secrets in the admin: shown once, and rotated once."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from tests.hub.admin.doing import HUBS, do, text_of
from tests.hub.making import make_hub
from tmfusage.hub.models import Hub

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]+=*")


def test_a_new_secret_is_shown_once_and_kept_nowhere_in_clear(operator):
    hub = make_hub()
    response = do(operator, hub, "rotate-secret", overlap="2")
    (secret,) = SECRET.findall(text_of(response))
    assert "no-store" in response["Cache-Control"]
    rotated = Hub.objects.get()
    assert rotated.secrets == (secret, hub.secrets[0])
    assert timedelta(hours=1) < rotated.previous_secret_until - timezone.now() < timedelta(hours=3)
    with connection.cursor() as cursor:
        for table in ("hub_hub", "django_admin_log"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE position(%s in t::text) > 0", [secret])
            assert cursor.fetchone() == (0,)
    assert not any(secret in str(session.get_decoded()) for session in Session.objects.all())
    for page in ("change/", "do/rotate-secret/", "history/"):
        assert not SECRET.search(text_of(operator.get(f"{HUBS}{hub.pk}/{page}")))


def test_an_old_secret_that_leaked_signs_no_more(operator):
    hub = make_hub()
    do(operator, hub, "rotate-secret", overlap="0")
    assert len(Hub.objects.get().secrets) == 1


def test_the_page_of_a_new_secret_does_nothing_when_it_is_loaded_again(operator):
    hub = make_hub()
    seen = re.search(r'name="seen" value="(\w+)"', text_of(operator.get(f"{HUBS}{hub.pk}/do/rotate-secret/")))[1]
    assert SECRET.search(text_of(do(operator, hub, "rotate-secret", overlap="0", seen=seen)))
    rotated = Hub.objects.get().secrets
    page = text_of(do(operator, hub, "rotate-secret", overlap="0", seen=seen))
    assert "Nothing was done this time." in page
    assert not SECRET.search(page)
    assert Hub.objects.get().secrets == rotated


def test_who_rotates_during_an_overlap_is_told_until_when_it_lasts(operator):
    hub = make_hub()
    do(operator, hub, "rotate-secret", overlap="5")
    assert "An earlier secret signs until" in text_of(operator.get(f"{HUBS}{hub.pk}/do/rotate-secret/"))
