"""`python -m tests.chaos.registering PORT…`: registers the listeners; prints the key of a client that may post."""

import sys

import django

django.setup()

from tests.access.factories import make_client  # noqa: E402  # needs the settings
from tmfusage.hub.models import Hub  # noqa: E402

if __name__ == "__main__":
    for port in sys.argv[1:]:
        Hub.register(api="usageManagement", callback=f"http://127.0.0.1:{port}/events", by="chaos")
    sys.stdout.write(make_client()[1])
