"""Staff login at an identity provider: the whole OpenID Connect flow against a real local server."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import include, path

from tests.access.provider import Signer
from tmfusage import urls
from tmfusage.access import roles

pytestmark = pytest.mark.django_db

urlpatterns = [path("oidc/", include("mozilla_django_oidc.urls")), *urls.urlpatterns]


@pytest.fixture
def oidc(provider, settings):
    """The portal set up to log staff in at the provider."""
    provider.signer = Signer("login", "RS256")
    provider.publish(provider.signer)
    settings.ROOT_URLCONF = __name__
    settings.AUTHENTICATION_BACKENDS = [*settings.AUTHENTICATION_BACKENDS, "tmfusage.access.oidc.StaffBackend"]
    settings.OIDC_RP_CLIENT_ID, settings.OIDC_RP_CLIENT_SECRET = "tmfusage", "not-secret"
    settings.OIDC_RP_SIGN_ALGO, settings.OIDC_RP_SCOPES = "RS256", "openid email profile"
    settings.OIDC_OP_AUTHORIZATION_ENDPOINT = provider.url("/authorize")
    settings.OIDC_OP_TOKEN_ENDPOINT = provider.url("/token")
    settings.OIDC_OP_USER_ENDPOINT = provider.url("/userinfo")
    settings.OIDC_OP_JWKS_ENDPOINT = provider.url("/jwks")
    settings.OIDC_ROLES = {"tmf-ops": roles.OPERATOR, "tmf-audit": roles.AUDITOR}
    settings.LOGIN_REDIRECT_URL_FAILURE = "/admin/login/"
    return provider


def log_in(provider, **person) -> Client:
    """A browser that went through the flow as this person."""
    browser = Client()
    sent = browser.get("/oidc/authenticate/")
    asked = parse_qs(urlsplit(sent["Location"]).query)
    id_token = provider.token(sub="4711", nonce=asked["nonce"][0])
    provider.answers["/token"] = 200, {"access_token": "a", "id_token": id_token, "token_type": "Bearer"}
    provider.answers["/userinfo"] = 200, {"sub": "4711", "email": "ines@example.com", **person}
    browser.get("/oidc/callback/", {"state": asked["state"][0], "code": "c"})
    return browser


def test_a_member_of_a_mapped_group_gets_the_role(oidc):
    browser = log_in(oidc, groups=["tmf-ops", "everyone"], given_name="Ines")
    user = User.objects.get(username="oidc.4711")
    assert [group.name for group in user.groups.all()] == [roles.OPERATOR]
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, False, False)
    assert browser.get("/admin/access/apiclient/").status_code == 200


@pytest.mark.parametrize("groups", [[], ["everyone"], None, "everyone", [roles.OPERATOR]], ids=str)
def test_nobody_without_a_mapped_group_gets_an_account(oidc, groups):
    browser = log_in(oidc, groups=groups)
    assert not User.objects.exists()
    assert browser.get("/admin/").status_code == 302


def test_roles_follow_the_provider_and_other_groups_stay(oidc):
    log_in(oidc, groups=["tmf-ops"])
    user = User.objects.get()
    user.groups.add(Group.objects.create(name="Fraud desk"))
    log_in(oidc, groups=["tmf-audit"])
    assert {group.name for group in user.groups.all()} == {roles.AUDITOR, "Fraud desk"}


def test_the_provider_cannot_take_over_a_local_account(oidc, settings):
    settings.OIDC_USERNAME_CLAIM = "preferred_username"
    User.objects.create_superuser("root", email="ines@example.com", password="correct horse battery")
    User.objects.create_superuser("oidc.root", password="correct horse battery")
    browser = log_in(oidc, groups=["tmf-ops"], preferred_username="root")
    assert "_auth_user_id" not in browser.session


def test_a_deactivated_account_stays_out(oidc):
    log_in(oidc, groups=["tmf-ops"])
    User.objects.update(is_active=False)
    assert "_auth_user_id" not in log_in(oidc, groups=["tmf-ops"]).session


def test_names_that_do_not_fit_are_shortened_to_a_digest(oidc):
    log_in(oidc, sub="auth0|" + "x" * 300, groups="tmf-ops tmf-audit")
    user = User.objects.get()
    user.full_clean(exclude=["password"])
    assert user.groups.count() == 2


def test_a_provider_that_is_away_is_a_failed_login(oidc):
    browser = Client()
    asked = parse_qs(urlsplit(browser.get("/oidc/authenticate/")["Location"]).query)
    oidc.fail()
    back = browser.get("/oidc/callback/", {"state": asked["state"][0], "code": "c"})
    assert (back.status_code, back["Location"]) == (302, "/admin/login/")
