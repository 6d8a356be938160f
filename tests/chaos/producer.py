"""`python -m tests.chaos.producer`: changes usages through their verbs until so many events are committed.

Each usage counts its changes in its description, so the database itself says which events there must be. One
change in fifty is rolled back; at the end the number of these is printed. A database that is away is asked again
until it is back.
"""

import random
import sys
import time

import django

django.setup()

from django.db import Error, connection, transaction  # noqa: E402  # needs the settings

from usage.models import Usage  # noqa: E402

GHOST = "ghost"
NEW, ROLLED_BACK_EVERY = 0.2, 50
PATIENCE_SECONDS = 60


def create(name: str) -> str:
    """A new usage, its first event."""
    with transaction.atomic():
        usage = Usage.receive({"description": "0", "usageType": "chaos"}, name)
    return usage.pk


def change(identifier: str, name: str, ghost: bool) -> None:
    """One more change, or one that does not happen."""
    with transaction.atomic():
        usage = Usage.objects.select_for_update().get(pk=identifier)
        number = GHOST if ghost else str(int(usage.members["description"]) + 1)
        usage.amend({**usage.shown, "description": number}, name)
        transaction.set_rollback(ghost)


def produce(name: str, events: int, per_second: float) -> int:
    """So many changes at this pace; how many of them were rolled back."""
    usages: list[str] = []
    start, done, away, ghosts = time.monotonic(), 0, 0.0, 0
    while done < events:
        try:
            if not usages or random.random() < NEW:
                usages.append(create(name))
            else:
                ghost = done >= ROLLED_BACK_EVERY * (ghosts + 0.5)
                change(random.choice(usages[-20:]), name, ghost)
                ghosts += ghost
            done, away = done + 1, 0.0
        except Error:
            away = away or time.monotonic()
            if time.monotonic() - away > PATIENCE_SECONDS:
                raise
            connection.close()
            time.sleep(0.2)
        time.sleep(max(0.0, start + done / per_second - time.monotonic()))
    return ghosts


if __name__ == "__main__":
    sys.stdout.write(f"{produce(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))}\n")
