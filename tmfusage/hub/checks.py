"""What is wrong with the settings of deliveries, said at the start instead of at the first event."""

import ssl

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from tmfusage.hub.addresses import allowed_networks
from tmfusage.hub.connecting import tls_context


def check_deliveries(app_configs, **_kwargs) -> list[CheckMessage]:
    """Everything that would keep deliveries from going where the settings intend."""
    messages: list[CheckMessage] = []
    try:
        allowed_networks()
    except ImproperlyConfigured as problem:
        messages.append(Error(str(problem), hint="10.20.0.0/16,fd12::/32", id="hub.E001"))
    try:
        tls_context(settings.HUB_CA_FILE)
    except (OSError, ssl.SSLError) as problem:
        messages.append(Error(f"HUB_CA_FILE holds no certificates: {problem}", id="hub.E002"))
    if not 0 < settings.HUB_CONNECT_TIMEOUT <= settings.HUB_DEADLINE:
        messages.append(Error("HUB_CONNECT_TIMEOUT must be more than 0 and at most HUB_DEADLINE.", id="hub.E003"))
    ports: list[str] = settings.HUB_ALLOWED_PORTS
    if wrong := [port for port in ports if port != "*" and not port.isdecimal()]:
        messages.append(Error(f"HUB_ALLOWED_PORTS: {', '.join(wrong)} is not a port.", id="hub.E004"))
    if any(len(key) < 32 for key in settings.HUB_SECRET_KEYS):
        messages.append(Warning("HUB_SECRET_KEYS: a key should have 32 random characters or more.", id="hub.W005"))
    return messages
