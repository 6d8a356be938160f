"""Staff log in: locked after failures, and forgotten in time."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import timezone

from tmfusage.access.addresses import client_address
from tmfusage.access.tasks import clear_sessions, purge_login_attempts

pytestmark = pytest.mark.django_db

LOGIN = "/admin/login/"


def answer(password: str, address: str = "192.0.2.1") -> HttpResponse:
    form = {"username": "ines", "password": password, "next": "/admin/"}
    return Client(REMOTE_ADDR=address).post(LOGIN, form)


def attempt(password: str, address: str = "192.0.2.1") -> int:
    return answer(password, address).status_code


def test_five_failures_lock_a_name_at_an_address(settings):
    User.objects.create_user("ines", password="correct horse battery", is_staff=True)
    assert attempt("correct horse battery") == 302
    for _ in range(settings.AXES_FAILURE_LIMIT):
        attempt("wrong")
    assert attempt("correct horse battery") == 429
    assert attempt("correct horse battery", address="192.0.2.2") == 302


@pytest.mark.parametrize(("minutes", "told"), [(1, "for 1 minute."), (20, "for 20 minutes.")])
def test_who_is_locked_out_reads_for_how_long_in_the_look_of_the_login_page(settings, minutes, told):
    settings.AXES_COOLOFF_TIME = timedelta(minutes=minutes)
    for _ in range(settings.AXES_FAILURE_LIMIT):
        locked = answer("wrong")
    page = locked.content.decode()
    assert locked.status_code == 429
    assert locked["Retry-After"] == str(minutes * 60)
    assert "Too many failed logins" in page
    assert told in page
    assert locked["X-Request-ID"] in page
    assert "unfold/css/styles.css" in page


def test_old_login_attempts_are_purged(settings):
    settings.LOGIN_ATTEMPT_RETENTION_DAYS = 90
    for days in (1, 89, 91, 400):
        for model, more in ((AccessAttempt, {"failures_since_start": 1, "user_agent": str(days)}), (AccessLog, {})):
            row = model.objects.create(username="ines", ip_address="192.0.2.1", path_info=LOGIN, **more)
            model.objects.filter(pk=row.pk).update(attempt_time=timezone.now() - timedelta(days=days))
    assert purge_login_attempts() == 4
    assert (AccessAttempt.objects.count(), AccessLog.objects.count()) == (2, 2)


def test_ended_sessions_are_cleared():
    for age in (3600, -3600):
        session = SessionStore()
        session.set_expiry(timezone.now() + timedelta(seconds=age))
        session.create()
    clear_sessions()
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("trusted", "proxies", "forwarded", "address"),
    [
        (False, 1, "198.51.100.7", "192.0.2.1"),
        (True, 1, "", "192.0.2.1"),
        (True, 1, "198.51.100.7", "198.51.100.7"),
        (True, 1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (True, 2, "203.0.113.9, 198.51.100.7, 10.0.0.1", "198.51.100.7"),
        (True, 1, "nonsense", None),
        (True, 1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_the_address_is_what_a_trusted_proxy_saw(settings, trusted, proxies, forwarded, address):
    settings.TRUST_FORWARDED, settings.TRUSTED_PROXY_COUNT = trusted, proxies
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)
    assert client_address(request) == address
