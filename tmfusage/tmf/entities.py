"""Objects that every TMF API of version 4 shares: references, periods, quantities, money, parties."""

from urllib.parse import urlsplit

from tmfusage.tmf.attributes import Exact, Identifier, Moment, Text, Uri
from tmfusage.tmf.serializers import Extensible, Referring, Representation

_PARTY_CLASSES = {"individual": "Individual", "organization": "Organization", "partyrole": "PartyRole"}


class TimePeriod(Extensible):
    """A period; an end that is not given is open."""

    id = Text(required=False)
    href = Uri(required=False)
    startDateTime = Moment(required=False)
    endDateTime = Moment(required=False)


class Quantity(Representation):
    """An amount in a unit."""

    amount = Exact(required=False, default=1, help_text="A missing amount means 1.")
    units = Text(required=False)


class Money(Extensible):
    """An amount in a currency (ISO 4217)."""

    class Meta:
        legacy = {"amount": "value", "currencyCode": "unit", "currency": "unit"}

    id = Text(required=False)
    href = Uri(required=False)
    unit = Text(required=False)
    value = Exact(required=False)


class EntityRef(Referring):
    """A reference to an entity kept somewhere."""

    id = Identifier()
    href = Uri(required=False)
    name = Text(required=False)


class RelatedParty(Referring):
    """A party or party role, and its role here."""

    id = Identifier()
    href = Uri(required=False)
    name = Text(required=False)
    role = Text(required=False, folded=True)

    @classmethod
    def prepare(cls, members: dict) -> dict:
        """Fill `@referredType`, which many senders leave out, from the href: …/individual/42."""
        if members.get("@referredType") is not None or not isinstance(members.get("href", ""), str | None):
            return members
        try:
            segments = urlsplit(members.get("href") or "").path.lower().rstrip("/").split("/")
        except ValueError:
            segments = []
        found = _PARTY_CLASSES.get(segments[-2]) if len(segments) > 1 else None
        return {**members, "@referredType": found or "Party"}
