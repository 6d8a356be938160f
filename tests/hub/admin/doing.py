"""What staff do to listeners in the admin, and what they read then."""

from datetime import datetime

from tmfusage.hub.models import Hub
from tmfusage.hub.rotating import mark

HUBS = "/admin/hub/hub/"


def do(browser, hub: Hub, verb: str, **form):
    if verb == "rotate-secret":
        form = {"seen": mark(hub), **form}
    return browser.post(f"{HUBS}{hub.pk}/do/{verb}/", form, follow=True)


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"
