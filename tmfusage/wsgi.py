"""The WSGI application that granian (or gunicorn) serves."""

import ctypes
import gc
import os
import select
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, get_script_name
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpResponse
from django.urls import set_script_prefix

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tmfusage.settings")
django.setup(set_prefix=False)

MEBIBYTE = 2**20
# Names of mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3


class Application(WSGIHandler):
    """Django's own, but for what it does around every request to look after connections, caches and forms.

    A thread keeps its connection, so a request to the API need not look after it unless an error occurred, or the
    server has ended it meanwhile.
    """

    def __init__(self) -> None:
        super().__init__()
        self.api_root = f"/{settings.API_PREFIX}/"

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer a request."""
        keeps = connections.settings[DEFAULT_DB_ALIAS]["CONN_MAX_AGE"] is None
        if keeps:
            replace_lost(connections[DEFAULT_DB_ALIAS])
        if not (keeps and environ.get("PATH_INFO", "").startswith(self.api_root)):
            return super().__call__(environ, start_response)
        set_script_prefix(get_script_name(environ))
        response = self.get_response(self.request_class(environ))
        cookies = [("Set-Cookie", cookie.output(header="")) for cookie in response.cookies.values()]
        start_response(f"{response.status_code} {response.reason_phrase}", [*response.items(), *cookies])
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.errors_occurred:
            connection.close_if_unusable_or_obsolete()
        return [response.content] if isinstance(response, HttpResponse) else response


def replace_lost(connection: BaseDatabaseWrapper) -> None:
    """Close a connection that the server has ended while it was at rest, so that the request opens a new one.

    The server says nothing unasked but a good-bye (or a notice): only then it is asked whether the connection lives.
    """
    kept = connection.connection
    if kept is None or not (kept.closed or _has_something_to_say(kept.fileno())):
        return
    if not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def _has_something_to_say(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def settle_memory() -> None:
    """What is loaded stays, and what answers are made of is not fetched from the kernel anew for each.

    The collector need not look through what is loaded again and again. The allocator of glibc gives blocks above
    128 KiB back at once: each copy of a page of a hundred resources would cost more than the reading of it.
    """
    gc.collect()
    gc.freeze()
    # Other systems' C libraries have no such call, and no such habit.
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(M_MMAP_THRESHOLD, 8 * MEBIBYTE)
        mallopt(M_TRIM_THRESHOLD, 32 * MEBIBYTE)


application = Application()
settle_memory()
