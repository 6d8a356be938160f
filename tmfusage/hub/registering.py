"""Registering a listener: once, within its quotas, and seen by everything that happens after the answer."""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from tmfusage.hub import publishing, replaying, rights, vault
from tmfusage.hub.callbacks import check_callback, check_headers
from tmfusage.tmf.refusals import TmfError, conflict

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

REGISTRATION_LOCK = 635_678
RETRY_SECONDS = 5.0
REGISTERED, SAME = "This listener is registered already.", "Callback and query are the same."


def admit(hub: "Hub", headers: Mapping[str, str] | None) -> None:
    """Store the new listener; 400, 409, 429 (quota) or 503 (a change that began before it does not end)."""
    check_callback(hub.callback)
    hub.headers = vault.seal(json.dumps(check_headers(headers))) if headers else ""
    hub.host = (urlsplit(hub.callback).hostname or "")[:255]
    hub.event_types = rights.event_types(hub.api, hub.wanting.event_types, hub.scopes)
    hub.fingerprint = identity(hub)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # Registrations wait for each other, so that two cannot share the last place.
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REGISTRATION_LOCK])
            _check_identity(hub)
            _check_quotas(hub)
            hub.save(force_insert=True)
            transaction.on_commit(lambda: _await_writers(hub))
    except IntegrityError as exc:
        raise conflict(REGISTERED, SAME) from exc
    hub.refresh_from_db()


def identity(hub: "Hub") -> str:
    """What makes a second registration the same."""
    text = "\n".join((hub.api, hub.version, hub.client_id, hub.callback, hub.query))
    return hashlib.sha256(text.encode()).hexdigest()


def _check_identity(hub: "Hub") -> None:
    """Before the quotas: who registers once more learns that it is registered, even with no place left."""
    known = type(hub).objects.standing().filter(fingerprint=hub.fingerprint).first()
    if known and known.state == known.State.DISABLED:
        why = f" because {known.stopped_reason}" if known.stopped_reason else ""
        raise conflict(REGISTERED, f"{SAME} It is disabled{why}; delete it first.")
    if known:
        raise conflict(REGISTERED, SAME)


def _check_quotas(hub: "Hub") -> None:
    """Refuse one listener too many; a host is spared by those that are disabled, whose client may be no more."""
    known = type(hub).objects
    if hub.client_id and known.of_client(hub.client_id).count() >= settings.HUB_MAX_PER_CLIENT:
        raise _too_many(settings.HUB_MAX_PER_CLIENT, "client")
    if known.enabled().filter(host=hub.host).count() >= settings.HUB_MAX_PER_HOST:
        raise _too_many(settings.HUB_MAX_PER_HOST, "host")


def _too_many(limit: int, what: str) -> TmfError:
    return TmfError(429, "tooManyListeners", "There are too many listeners.", f"{limit} for each {what}.")


def _await_writers(hub: "Hub") -> None:
    """Nothing that happens after the answer is missed, or the registration did not happen."""
    if publishing.await_writers():
        return
    with transaction.atomic():
        replaying.lock_fan_out()
        type(hub).objects.filter(pk=hub.pk).delete()
    refusal = TmfError(503, "serviceUnavailable", "A change that began earlier is not finished yet; try again.")
    refusal.wait = RETRY_SECONDS
    raise refusal
