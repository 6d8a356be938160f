"""The forms of the catalogue: words to choose from, JSON kept exactly, and nobody overwrites what he has not seen."""

from typing import Any

from django import forms
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

from specs.admin_placing import belongs_to_row, tell_at_field
from specs.models import CharacteristicSpecification, CharacteristicValueSpecification, UsageSpecification
from specs.value_types import TEXTUAL, kinds_of
from tmfusage.backoffice.admin import GuardedForm, JsonWidget, SelectWidget, TextInputWidget
from tmfusage.tmf import exact
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
                tell_at_field(self, violation)

    def changed_by(self) -> str:
        """Who changed the specification last, through the admin or the API."""
        latest = self.instance.history.first()
        return str(latest.history_change_reason or latest.history_user or "—") if latest else "—"


class PlacedRowForm(WireRowForm):
    """A row that has its place among others."""

    def has_changed(self) -> bool:
        """Whether there is something to save.

        A row that was added and left empty has nothing but its place, and so has a folded one that somebody else
        removed meanwhile.
        """
        if self.instance._state.adding:
            return any(name != "position" for name in self.changed_data)
        return super().has_changed()


class CharacteristicForm(PlacedRowForm):
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


class StrictField(forms.JSONField):
    """JSON as the API takes it: no NaN, nothing that cannot be stored."""

    def to_python(self, value: Any) -> Any:
        """The value."""
        read = super().to_python(value)
        if isinstance(value, str) and value not in self.empty_values:
            try:
                exact.loads(value.encode())
            except TmfError as refusal:
                raise forms.ValidationError(refusal.message or refusal.reason) from refusal
        return read

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, shown again to the letter."""
        return InvalidJSONInput(data) if isinstance(data, str) and not self.disabled else initial


class ValueField(StrictField):
    """JSON; among texts also a text as it stands, without quotes. No value is empty, not null."""

    texts = False

    def to_python(self, value: Any) -> Any:
        """The value; text that only looks like JSON gone wrong is none."""
        try:
            return super().to_python(value)
        except forms.ValidationError as refusal:
            text = value.strip()
            if not self.texts or getattr(refusal, "code", "") != "invalid" or text.startswith(('"', "[", "{")):
                raise
            return text

    def prepare_value(self, value: Any) -> Any:
        """The JSON text."""
        return "" if value is None else super().prepare_value(value)


class ValueForm(PlacedRowForm):
    """A value, a range or a pattern."""

    words = {
        "value_type": [(word, word) for word in VALUE_TYPES],
        "range_interval": CharacteristicValueSpecification.RangeInterval.choices,
    }

    class Meta:
        model = CharacteristicValueSpecification
        fields = "__all__"  # noqa: DJ007 (the admin class names them)
        widgets = {"value": JsonWidget(rows=1)}
        field_classes = {"value": ValueField}
        help_texts = {
            "value": _('JSON, such as 20 or "20"; in a characteristic of type string or date also SEC without quotes.'),
            "value_type": _("Empty: that of the characteristic."),
            "valid_from": _("The value is allowed in usages of this period only; empty: always."),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if self.is_bound and isinstance(self.fields.get("value"), ValueField):
            self.fields["value"].texts = self._takes_texts()  # type: ignore[attr-defined]

    def _takes_texts(self) -> bool:
        """Whether the types that were sent, its own and that of the characteristic, are types of texts."""
        sent = (self.add_prefix("value_type"), f"{str(self.prefix).rpartition('-values-')[0]}-value_type")
        kinds = [kinds_of(word) for name in sent if (word := self.data.get(name))]
        return bool(kinds) and all(each and each <= TEXTUAL for each in kinds)


class RecordForm(forms.Form):
    """A usage to try."""

    record = forms.CharField(label=_("A usage as JSON"), widget=JsonWidget(rows=18), strip=False)


class VersionForm(forms.Form):
    """The version of a copy."""

    version = forms.CharField(label=_("New version"), max_length=255, widget=TextInputWidget)

    def __init__(self, *args: Any, specification: UsageSpecification, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.specification = specification

    def clean_version(self) -> str:
        """The version, which no specification of the same name has."""
        version = self.cleaned_data["version"]
        if UsageSpecification.objects.filter(name=self.specification.name, version=version).exists():
            told = _("There is a version %(version)s of %(name)s already.")
            raise forms.ValidationError(told % {"version": version, "name": self.specification.name})
        return version
