"""The forms of the catalogue: words to choose from, JSON kept exactly, and nobody overwrites what he has not seen."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from specs.admin_placing import belongs_to_row, tell
from specs.models import CharacteristicSpecification, CharacteristicValueSpecification, UsageSpecification
from tmfusage.backoffice.admin import GuardedForm, JsonWidget, SelectWidget
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.resources import ExactJSONField

VALUE_TYPES = ["string", "number", "integer", "boolean", "dateTime", "date", "object", "array"]


class WireRowForm(forms.ModelForm):
    """A row whose empty JSON fields fall back to their defaults, and whose words can be chosen."""

    words: dict[str, list[tuple[str, Any]]] = {}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, choices in self.words.items():
            if name in self.fields:
                self.fields[name] = self._choice(name, choices)

    def _choice(self, name: str, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
        """The words, and the stored one when the API brought another."""
        stored = getattr(self.instance, name, "")
        known = {value for value, _label in choices}
        extra = [(stored, stored)] if stored and stored not in known else []
        field = self.fields[name]
        return forms.ChoiceField(
            choices=[("", "—"), *choices, *extra],
            required=False,
            label=field.label,
            help_text=field.help_text,
            widget=SelectWidget,
        )

    def clean(self) -> dict[str, Any]:
        """An emptied JSON field is empty, not null."""
        cleaned = super().clean() or self.cleaned_data
        for field in self._meta.model._meta.concrete_fields:
            if isinstance(field, ExactJSONField) and not field.null and cleaned.get(field.name, "") is None:
                cleaned[field.name] = field.get_default()
        return cleaned


class UsageSpecificationForm(GuardedForm, WireRowForm):
    """A specification; the revision it was opened at travels with it."""

    stamp, changed = "revision", "last_update"
    words = {"lifecycle_status": UsageSpecification.LifecycleStatus.choices}
    refused: TmfError | None = None

    class Meta:
        model = UsageSpecification
        fields = "__all__"  # noqa: DJ007 (the admin class names them)
        help_texts = {
            "name": _("What product managers and integrators call it, such as Voice call."),
            "version": _("Usages name the specification by its id; a new version is a new specification."),
            "lifecycle_status": _("Usages are refused in study, in design, rejected, retired and obsolete."),
            "valid_from": _("A usage is refused when its date lies outside of this period."),
            "is_bundle": _("Whether it groups other specifications."),
            "related_party": _("JSON: a list of objects with id, role and @referredType."),
            "attachment": _("JSON: a list of documents, by value (content in base64) or by url."),
            "constraint": _("JSON: a list of references with an id."),
            "entity_spec_relationship": _("JSON: a list of objects with relationshipType and id."),
            "target_entity_schema": _("JSON: an object with @schemaLocation and @type."),
            "extension": _("JSON: members that the standard does not know."),
        }

    def clean(self) -> dict[str, Any]:
        """Tell what the specification as a whole breaks."""
        cleaned = super().clean()
        if self.refused is not None:
            self._tell(self.refused)
        return cleaned

    def _tell(self, refused: TmfError) -> None:
        """What the specification breaks, at its field; what a row breaks is told in the row."""
        if not refused.violations:
            self.add_error(None, refused.message or refused.reason)
            return
        self.add_error(
            None, _("Not saved: the specification contradicts itself. What to change is said at each field.")
        )
        for violation in refused.violations:
            if not belongs_to_row(violation):
                tell(self, violation.path.removeprefix("$").removeprefix("."), violation.message)

    def changed_by(self) -> str:
        """Who changed the specification last, through the admin or the API."""
        latest = self.instance.history.first()
        return str(latest.history_change_reason or latest.history_user or "—") if latest else "—"


class CharacteristicForm(WireRowForm):
    """A characteristic."""

    folded = False
    words = {"value_type": [(word, word) for word in VALUE_TYPES]}

    class Meta:
        model = CharacteristicSpecification
        fields = "__all__"  # noqa: DJ007 (the admin class names them)
        help_texts = {
            "name": _("As it stands in a usage, such as duration."),
            "min_cardinality": _("1 or more: mandatory."),
            "max_cardinality": _("Empty: as many as one likes."),
            "regex": _("The whole value must match (RE2)."),
            "is_unique": _(
                "Yes: each value may come once among all usages of this specification. Right for the number of a "
                "call record; wrong for country codes, types or durations, which would be refused from the second on."
            ),
            "extensible": _("Yes: other values than the listed ones pass. No: unknown characteristics are refused."),
            "configurable": _("No: the one listed or default value is fixed."),
            "relationships": _("JSON: a list of objects with relationshipType (requires, excludes) and name."),
        }

    def has_changed(self) -> bool:
        """Whether there is something to save; not of a folded row that somebody else removed meanwhile."""
        return not (self.folded and self.instance._state.adding) and super().has_changed()


class ValueForm(WireRowForm):
    """A value, a range or a pattern."""

    words = {
        "value_type": [(word, word) for word in VALUE_TYPES],
        "range_interval": CharacteristicValueSpecification.RangeInterval.choices,
    }

    class Meta:
        model = CharacteristicValueSpecification
        fields = "__all__"  # noqa: DJ007 (the admin class names them)
        widgets = {"value": JsonWidget(rows=1)}
        help_texts = {
            "value": _('JSON: "SEC" with quotes is a text, 20 a number.'),
            "value_type": _("Empty: that of the characteristic."),
            "valid_from": _("The value is allowed in usages of this period only; empty: always."),
        }


class RecordForm(forms.Form):
    """A usage to try."""

    record = forms.CharField(label=_("A usage as JSON"), widget=JsonWidget(rows=18), strip=False)


class VersionForm(forms.Form):
    """The version of a copy."""

    version = forms.CharField(label=_("New version"), max_length=255)
