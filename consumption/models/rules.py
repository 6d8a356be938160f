"""Which usage takes how much from which buckets, as product managers define it."""

from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from consumption.models.fields import ids
from specs.declarations import Declared, declared
from specs.models import UsageSpecification
from specs.value_types import ANY, NUMERIC

# What no two rules in force have in common.
TAKEN_ONCE = ["specification", "characteristic", "usage_type", "whose", "whose_name"]


class ConsumptionRuleQuerySet(models.QuerySet):
    """Finds rules, and remembers them: every rated usage asks for them."""

    def remembered(self, specification_id: str) -> tuple["ConsumptionRule", ...]:
        """The rules of the specification as they stood lately, with those that are not in force any more."""
        if monotonic() >= _remembered.until:
            found: dict[str, list[ConsumptionRule]] = {}
            for rule in ConsumptionRule.objects.order_by("id"):
                found.setdefault(rule.specification_id, []).append(rule)
            _remembered.rules = {specification: tuple(rules) for specification, rules in found.items()}
            _remembered.until = monotonic() + settings.CONSUMPTION_RULES_SECONDS
        return _remembered.rules.get(specification_id, ())

    @staticmethod
    def forget() -> None:
        """Ask the database the next time."""
        _remembered.until = 0.0


@dataclass
class _Remembered:
    until: float = 0.0
    rules: dict[str, tuple["ConsumptionRule", ...]] = field(default_factory=dict)


_remembered = _Remembered()


class ConsumptionRule(models.Model):
    """Which usage takes how much from whose buckets."""

    class Whose(models.TextChoices):
        """How the buckets of a usage are found."""

        NUMBER = "number", _("by phone number, in a characteristic")
        PARTY = "party", _("by party, in a role")
        PRODUCT = "product", _("by the rated product")

    specification = models.ForeignKey(
        UsageSpecification,
        models.PROTECT,
        db_constraint=False,
        related_name="consumption_rules",
        verbose_name=_("usage specification"),
    )
    characteristic = models.CharField(
        _("quantity"), max_length=255, blank=True,
        help_text=_("The characteristic that is the quantity, such as duration; empty: each usage counts one."),
    )  # fmt: skip
    unit = models.CharField(_("unit"), max_length=32, blank=True, help_text=_("Of the quantity, such as seconds or B."))
    unit_characteristic = models.CharField(
        _("or unit from"), max_length=255, blank=True, help_text=_("The characteristic that names the unit.")
    )
    usage_type = ids(
        _("takes from"), blank=False, help_text=_("The usage type of the buckets, such as data or voice national.")
    )
    whose = models.CharField(_("whose buckets"), max_length=8, choices=Whose, default=Whose.NUMBER)
    whose_name = models.CharField(
        _("characteristic or role"), max_length=255, blank=True,
        help_text=_("Such as originatingNumber or customer; empty: the first one."),
    )  # fmt: skip
    active = models.BooleanField(_("active"), default=True)
    changed_at = models.DateTimeField(_("changed"), auto_now=True, editable=False)

    objects = ConsumptionRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("consumption rule")
        verbose_name_plural = _("consumption rules")
        ordering = ["specification_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=TAKEN_ONCE,
                condition=models.Q(active=True),
                name="consumption_rule_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.characteristic or '1'} → {self.usage_type}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the rule; this process follows it at once, others within CONSUMPTION_RULES_SECONDS."""
        super().save(*args, **kwargs)
        ConsumptionRule.objects.forget()

    def clean(self) -> None:
        """Refuse a quantity without a unit, characteristics that no usage can carry, and another specification.

        Usages took by the rule of theirs, so the specification of a rule stays.
        """
        before = type(self).objects.filter(pk=self.pk).values_list("specification_id", flat=True).first()
        if before and before != self.specification_id:
            raise ValidationError({"specification": _("Usages took by this rule; add another one instead.")})
        if self.characteristic and not (self.unit or self.unit_characteristic):
            raise ValidationError({"unit": _("Say the unit of the quantity, or which characteristic names it.")})
        if self.active and self.specification_id:
            self._guard_characteristics(declared(self.specification.shown, None))
            self._guard_once()

    def _guard_once(self) -> None:
        """Refuse to take the same quantity from the same buckets twice.

        Said here beside the constraint, at which Django does not look in a form that leaves the specification out.
        """
        same = {name: getattr(self, name) for name in TAKEN_ONCE}
        if type(self).objects.filter(active=True, **same).exclude(pk=self.pk).exists():
            raise ValidationError({"usage_type": _("Another active rule takes this quantity from these buckets.")})

    def _guard_characteristics(self, stated: Declared) -> None:
        """Refuse what the specification does not admit: no usage could take by the rule, or each would be refused."""
        numbers = {"whose_name": self.whose_name} if self.whose == self.Whose.NUMBER else {}
        named = {"characteristic": self.characteristic, "unit_characteristic": self.unit_characteristic, **numbers}
        faults = {
            member: _("The specification has no such characteristic.")
            for member, name in named.items()
            if name and name not in stated.declarations and not stated.accepts_unknown
        }
        quantity = stated.declarations.get(self.characteristic)
        if quantity and quantity.kinds != ANY and quantity.kinds.isdisjoint(NUMERIC):
            faults["characteristic"] = _("A quantity is a number, and this characteristic is none.")
        if faults:
            raise ValidationError(faults)
