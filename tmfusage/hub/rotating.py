"""Rotating the secret of a listener: a new one signs, and each earlier one signs as well until its own end."""

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from tmfusage.hub import vault
from tmfusage.hub.clock import database_time
from tmfusage.tmf.refusals import conflict

if TYPE_CHECKING:
    from tmfusage.hub.hubs import Hub

# Each adds a signature to the header of every delivery.
MOST_EARLIER = 4
FIELDS = ["secret", "previous_secret", "previous_secret_until", "older_secrets"]


def rotate(hub: "Hub", overlap: timedelta | None, seen: str | None) -> str:
    """A new secret for the locked listener; without an overlap no earlier one signs any more.

    `seen` is the mark of the secret that whoever asks believes to be the newest: 409 when it is another one.
    """
    if seen is not None and seen != mark(hub):
        again = "Nothing was done this time. If nobody has the new secret, rotate it once more."
        raise conflict("The secret has been rotated since this page was opened.", again)
    overlap = timedelta(hours=settings.HUB_SECRET_OVERLAP_HOURS) if overlap is None else overlap
    older = earlier(hub) if overlap else []
    if len(older) >= MOST_EARLIER:
        ends = min(until for _, until in older).isoformat(timespec="minutes")
        raise conflict(
            f"{len(older)} earlier secrets sign already, one of them until {ends}.", "Wait, or end them all."
        )
    secret = vault.new_secret()
    hub.older_secrets = [[sealed, until.isoformat()] for sealed, until in older]
    hub.previous_secret, hub.previous_secret_until = hub.secret, database_time() + overlap
    hub.secret = vault.seal(secret)
    hub.save(update_fields=FIELDS)
    return secret


def earlier(hub: "Hub") -> list[tuple[str, datetime]]:
    """The secrets, sealed, that sign beside the current one, the latest first, and until when."""
    older = [(sealed, datetime.fromisoformat(until)) for sealed, until in hub.older_secrets]
    until = hub.previous_secret_until
    known = [(hub.previous_secret, until), *older] if until else older
    return [(sealed, until) for sealed, until in known if until > timezone.now()]


def mark(hub: "Hub") -> str:
    """What tells the newest secret from another one, and nothing about it."""
    return hashlib.sha256(hub.secret.encode()).hexdigest()[:32]
