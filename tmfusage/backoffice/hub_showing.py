"""How staff read what strangers sent, and figures of listeners."""

import re
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tmfusage.hub.health import MOST_COUNTED
from tmfusage.hub.models import Delivery, Hub

# What would move, hide or reorder the text around it: controls but tab and line feed, bidirectional and invisible ones.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
# Every state has one: of a state without a tone Unfold shows the value instead of its name.
HUB_TONES = {
    Hub.State.ACTIVE: "success",
    Hub.State.PAUSED: "warning",
    Hub.State.DISABLED: "danger",
    Hub.State.GONE: "default",
}
DELIVERY_TONES = {
    Delivery.State.PENDING: "info",
    Delivery.State.DELIVERED: "success",
    Delivery.State.DEAD: "danger",
    Delivery.State.CANCELLED: "default",
}


def harmless(answer: bytes | memoryview) -> str:
    """A stranger's bytes as text in which every character shows: those that would not are written as escapes."""
    text = bytes(answer).decode("utf-8", "replace").replace("\r\n", "\n")
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def duration(seconds: float) -> str:
    """So long, in the unit that a person would choose."""
    span = timedelta(seconds=int(seconds))
    if span.days:
        return ngettext("%(n)d day", "%(n)d days", span.days) % {"n": span.days}
    for size, unit in ((3600, _("%(n)d h")), (60, _("%(n)d min"))):
        if span.seconds >= size:
            return unit % {"n": span.seconds // size}
    return _("%(n)d s") % {"n": span.seconds}


def counted(number: int) -> str:
    """The number, or that there are more than were counted."""
    return f"{MOST_COUNTED:,}+" if number > MOST_COUNTED else f"{number:,}"


def percent(share: float | None) -> str:
    """The share in percent, never rounded up to all of it."""
    if share is None:
        return "—"
    return f"{int(share * 1000) / 10:g} %"
