"""Whose a bucket is, and by which keys it is asked for."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from consumption.models.fields import ids
from consumption.models.states import State
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


class BucketQuerySet(models.QuerySet):
    """Finds buckets by whose they are."""

    def of(self, kind: str, *keys: str) -> "BucketQuerySet":
        """Buckets of any of the owners: parties, accounts, products, services, resources."""
        return self.filter(pk__in=Owner.objects.filter(kind=kind, key__in=keys).values("bucket_id"))

    def of_number(self, *numbers: str) -> "BucketQuerySet":
        """Buckets of the phone numbers, however they are written."""
        return self.of(Owner.Kind.RESOURCE, *(each for number in numbers for each in spellings(number)))

    def states(self, bucket_ids: Iterable[str], moment: datetime) -> dict[str, State]:
        """How those buckets stand at the moment, by id; what is over has expired, or renewed."""
        found: dict[str, Any] = (
            self.select_related("specification").defer("document", "party_ids").in_bulk(list(bucket_ids))
        )
        return {bucket_id: bucket.state_shown(moment) for bucket_id, bucket in found.items()}


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
    bare = digits(number).removeprefix("00") if _PHONE.fullmatch(number.removeprefix("tel:")) else ""
    return distinct([number, bare]) if 5 <= len(bare) <= 15 else [number]


def canonical(number: str) -> str:
    """The one spelling under which totals of the id or number are kept, and which every spelling of it leads to."""
    return spellings(number)[-1]


def _each(value: Any) -> Iterable[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if isinstance(value, dict) else []
