"""Whose a bucket is, and by which keys it is asked for."""

import re
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from consumption.models.fields import ids
from tmfusage.tmf.resources import distinct
from usage.models import digits

OWNERS = {"partyAccount": "account", "product": "product", "logicalResource": "resource", "service": "service"}
_PHONE = re.compile(r"[+0-9 ()./-]+", re.ASCII)


class Owner(models.Model):
    """Whose a bucket is: one row per key by which it is asked for, those of one key side by side.

    The key `(key, kind, bucket)` is the index that a query walks: it reads the ids of a subscriber's buckets from one
    leaf, and changes of a balance never touch it.
    """

    class Kind(models.TextChoices):
        """What kind of key it is."""

        PARTY = "party", _("Party")
        ACCOUNT = "account", _("Account")
        PRODUCT = "product", _("Product")
        RESOURCE = "resource", _("Logical resource")
        SERVICE = "service", _("Service")

    bucket = models.ForeignKey("consumption.Bucket", models.CASCADE, related_name="owners")
    kind = models.CharField(max_length=8, choices=Kind, db_collation="C")
    key = ids(_("key"), blank=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "kind", "bucket"], name="consumption_owner_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


def owners_of(members: dict[str, Any]) -> list[tuple[str, str]]:
    """Each kind and key by which the bucket may be asked for."""
    found = [("party", str(party["id"])) for party in _each(members.get("relatedParty")) if party.get("id")]
    for member, kind in OWNERS.items():
        for reference in _each(members.get(member)):
            for text in (reference.get("id"), reference.get("value") if kind == "resource" else None):
                keys = spellings(str(text)) if kind == "resource" else [str(text)]
                found += [(kind, each) for each in keys] if text else []
    return list(dict.fromkeys((kind, each[:255]) for kind, each in found))


def spellings(number: str) -> list[str]:
    """The id or number as it is written, and as the digits of a phone number when it looks like one."""
    bare = digits(number).removeprefix("00") if _PHONE.fullmatch(number) else ""
    return distinct([number, bare]) if 5 <= len(bare) <= 15 else [number]


def canonical(number: str) -> str:
    """The one spelling under which totals of the id or number are kept, and which every spelling of it leads to."""
    return spellings(number)[-1]


def _each(value: Any) -> Iterable[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []
