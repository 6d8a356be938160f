"""What staff can do to a listener: each verb has a question, perhaps a form, and the states in which it makes sense."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tmfusage.backoffice.moments import marked
from tmfusage.hub import intervening, rights, rotating
from tmfusage.hub.models import Hub

ACTIVE, STOPPED = frozenset({Hub.State.ACTIVE}), frozenset({Hub.State.PAUSED, Hub.State.DISABLED})
MOST_OVERLAP_HOURS = 30 * 24


class SinceField(forms.DateTimeField):
    """A moment in the past, in the time zone of the site; the browser's own picker."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")

    def clean(self, value: Any) -> datetime | None:
        """The moment, which lies behind us."""
        since = super().clean(value)
        if since and since > timezone.now():
            raise forms.ValidationError(_("This moment has not come yet."))
        return since


class NoForm(forms.Form):
    """Nothing is asked but whether."""

    def __init__(self, hub: Hub, data: Any = None):
        super().__init__(data)
        self.hub = hub
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "usage-input"


class ReasonForm(NoForm):
    """Why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Shown with the listener as long as it is stopped."),
    )


class ResumeForm(NoForm):
    """From when on what was missed is delivered."""

    since = SinceField(
        label=gettext_lazy("Deliver what was missed since"),
        required=False,
        help_text=gettext_lazy("Empty: since the listener was stopped."),
    )
    skip = forms.BooleanField(label=gettext_lazy("Leave out what was missed"), required=False)

    def clean(self) -> dict[str, Any]:
        """One or the other."""
        said = super().clean() or {}
        if said.get("skip") and said.get("since"):
            self.add_error("skip", _("Choose a moment, or leave out what was missed: not both."))
        return said


class ReplayForm(NoForm):
    """From when on everything is delivered again."""

    since = SinceField(
        label=gettext_lazy("Deliver again what happened since"),
        initial=lambda: timezone.now() - timedelta(hours=1),
        help_text=gettext_lazy("The listener gets the same ids and the same bytes as the first time."),
    )


class OverlapForm(NoForm):
    """How long the old secret signs beside the new one; sent again after a rotation, it does nothing."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)

    overlap = forms.IntegerField(
        label=gettext_lazy("Hours in which the old secret signs as well"),
        min_value=0,
        max_value=MOST_OVERLAP_HOURS,
        initial=lambda: settings.HUB_SECRET_OVERLAP_HOURS,
        help_text=gettext_lazy("0 when the old secret may be known to others: then no earlier one signs any more."),
    )

    def __init__(self, hub: Hub, data: Any = None):
        super().__init__(hub, data)
        self.fields["seen"].initial = rotating.mark(hub)
        if overlaps := hub.overlaps:
            self.fields["overlap"].help_text = format_html(
                _("An earlier secret signs until {} and goes on doing so, unless you say 0."), marked(max(overlaps))
            )


def _pause(hub: Hub, said: dict[str, Any], by: str) -> str:
    hub.pause(said["reason"])
    return _("Paused.")


def _resume(hub: Hub, said: dict[str, Any], by: str) -> str:
    added = hub.resume(timezone.now() if said["skip"] else said["since"])
    if hub.catching_up:
        return _("Delivering again; more than %(n)d missed events follow, little by little.") % {"n": added}
    return ngettext(
        "Delivering again; %(n)d missed event follows.", "Delivering again; %(n)d missed events follow.", added
    ) % {"n": added}


def _replay(hub: Hub, said: dict[str, Any], by: str) -> str:
    return _again(hub, hub.replay(said["since"]))


def _replay_dead(hub: Hub, said: dict[str, Any], by: str) -> str:
    return _again(hub, hub.replay_dead())


def _again(hub: Hub, count: int) -> str:
    if hub.catching_up:
        return _("More than %(n)d events are delivered again, little by little.") % {"n": count}
    return ngettext("%(n)d event is delivered again.", "%(n)d events are delivered again.", count) % {"n": count}


def _send_waiting(hub: Hub, said: dict[str, Any], by: str) -> str:
    count = intervening.send_waiting(hub)
    if count == intervening.MOST_HASTENED:
        return _("%(n)d deliveries are tried now; more wait.") % {"n": count}
    return ngettext("%(n)d delivery is tried now.", "%(n)d deliveries are tried now.", count) % {"n": count}


def _test(hub: Hub, said: dict[str, Any], by: str) -> str:
    hub.send_test_event(by)
    return _("A test event is on its way.")


def _remove(hub: Hub, said: dict[str, Any], by: str) -> str:
    hub.remove(f"removed by {by}")
    return _("Removed; nothing is delivered any more.")


@dataclass(frozen=True, slots=True)
class Verb:
    """A thing to do: what it is called, what is asked, in which states it is offered."""

    name: str
    label: Any
    question: Any
    states: frozenset[str]
    do: Callable[[Hub, dict[str, Any], str], str] | None
    form: type[NoForm] = NoForm
    danger: bool = False


# Rotating shows a page of its own instead of saying a sentence.
ROTATE = Verb(
    "rotate-secret",
    gettext_lazy("Rotate secret"),
    gettext_lazy("A new secret signs from now on. It is shown once, on the next page; tell it to the listener."),
    ACTIVE | STOPPED,
    None,
    OverlapForm,
)
_ALL = (
    Verb(
        "test",
        gettext_lazy("Send test event"),
        gettext_lazy("The listener alone gets one HubTestEvent, whatever its query asks for."),
        ACTIVE,
        _test,
    ),
    Verb(
        "pause",
        gettext_lazy("Pause"),
        gettext_lazy("Nothing is delivered until somebody resumes; what happens meanwhile can be delivered then."),
        ACTIVE,
        _pause,
        ReasonForm,
    ),
    Verb("resume", gettext_lazy("Resume"), gettext_lazy("Events are delivered again."), STOPPED, _resume, ResumeForm),
    Verb(
        "send-waiting",
        gettext_lazy("Send what waits now"),
        gettext_lazy("Nothing waits for its next attempt any longer. A listener that is spared gets one try first."),
        ACTIVE,
        _send_waiting,
    ),
    Verb(
        "replay",
        gettext_lazy("Replay"),
        gettext_lazy("What happened is delivered again, and for the first time what was missed."),
        ACTIVE,
        _replay,
        ReplayForm,
    ),
    Verb(
        "replay-dead",
        gettext_lazy("Resend all given up"),
        gettext_lazy("Every delivery that was given up is tried again, from its first attempt."),
        ACTIVE,
        _replay_dead,
    ),
    ROTATE,
    Verb(
        "remove",
        gettext_lazy("Remove"),
        gettext_lazy("The listener is forgotten and what it still was to get is cancelled. It can register again."),
        ACTIVE | STOPPED,
        _remove,
        danger=True,
    ),
)
VERBS = {verb.name: verb for verb in _ALL}


def offered(hub: Hub) -> list[Verb]:
    """What can be done to the listener now: one that may be told nothing is not resumed."""
    barred = hub.state in STOPPED and rights.missing(hub)
    return [verb for verb in _ALL if hub.state in verb.states and not (barred and verb.name == "resume")]
