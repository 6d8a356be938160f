"""What staff can do to one delivery, each with a click: there is nothing to be asked."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tmfusage.hub import intervening, replaying
from tmfusage.hub.models import Delivery, Hub
from tmfusage.tmf.refusals import conflict

ENDED = frozenset({Delivery.State.DELIVERED, Delivery.State.DEAD})


@dataclass(frozen=True, slots=True)
class DeliveryVerb:
    """A thing to do: what it is called, when it is offered, what is said and noted of it afterwards."""

    name: str
    label: Any
    icon: str
    offered: Callable[[Delivery], bool]
    do: Callable[[Delivery, str], None]
    said: Any
    noted: Any
    danger: bool = False


def _resend(delivery: Delivery, by: str) -> None:
    if not replaying.again(Delivery.objects.filter(pk=delivery.pk)):
        raise conflict(_("It is waiting already, or its listener is stopped."))


def _active(delivery: Delivery) -> bool:
    return delivery.hub.state == Hub.State.ACTIVE


def _waits(delivery: Delivery) -> bool:
    return delivery.state == Delivery.State.PENDING


DELIVERY_VERBS = (
    DeliveryVerb(
        "resend",
        gettext_lazy("Resend"),
        "replay",
        lambda delivery: delivery.state in ENDED and _active(delivery),
        _resend,
        gettext_lazy("It is delivered again."),
        gettext_lazy("Resent."),
    ),
    DeliveryVerb(
        "send-now",
        gettext_lazy("Send now"),
        "send",
        lambda delivery: _waits(delivery) and _active(delivery),
        lambda delivery, by: intervening.send_now(delivery),
        gettext_lazy("It is tried now, after those that wait before it for the same resource."),
        gettext_lazy("Sent now."),
    ),
    DeliveryVerb(
        "skip",
        gettext_lazy("Skip"),
        "skip_next",
        _waits,
        intervening.skip,
        gettext_lazy("It is given up; what waits behind it for the same resource goes on."),
        gettext_lazy("Skipped."),
        danger=True,
    ),
)
