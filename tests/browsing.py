"""A real browser for tests, where the machine has one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Page, sync_playwright

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")


@contextmanager
def browsing(address: str, session: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of somebody who is logged in, and what the browser complains of; other hosts are a complaint, too."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
        context.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        page, complaints = context.new_page(), []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on(
            "request", lambda asked: None if asked.url.startswith((address, "data:")) else complaints.append(asked.url)
        )
        yield page, complaints
        browser.close()


def foreign(url: str, address: str) -> list[str]:
    """The URL, when it is not of this server."""
    return [] if url.startswith((address, "data:")) else [url]


def session_of(role: str) -> str:
    """The session cookie of a new member of staff with the role."""
    user = User.objects.create_user("ada", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies["sessionid"].value


def keep_picture(page: Page, name: str) -> None:
    """Save a picture where the environment says so, to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
