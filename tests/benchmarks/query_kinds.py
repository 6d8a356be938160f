"""Which filters are measured: every kind, selective and not."""

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Kind:
    """One kind of query: what it is called and its query string."""

    name: str
    query: str


@dataclass(frozen=True)
class Known:
    """What the loaded usages hold, to ask for."""

    party: str
    number: str
    product: str
    specification: str
    day: str


def kinds(known: Known) -> Iterator[Kind]:
    """Each kind of filter, selective and not."""
    yield from indexed(known)
    yield from narrowed(known)


def indexed(known: Known) -> Iterator[Kind]:
    """What an index serves alone."""
    day, number = known.day, quote(known.number)
    yield Kind("type and status", "usageType=Voice&status=rated")
    yield Kind("status, several", "status=rated,billed&usageType=TV")
    yield Kind("groups with OR", "usageType=TV&status=rated;usageType=SMS&status=billed")
    yield Kind("party with few", f"relatedParty.id={known.party}")
    yield Kind("party with all", "relatedParty.id=serviceProvider-7")
    yield Kind("party in a role", f"filter=relatedParty[?(@.id=='{known.party}'%26%26@.role=='customer')]")
    yield Kind("product", f"ratedProductUsage.productRef.id={known.product}")
    yield Kind("external identifier", "externalIdentifier.id=nobody-sent-this")
    yield Kind("specification", f"usageSpecification.id={known.specification}")
    yield Kind("an hour by date", f"usageDate.gte={day}T10:00:00Z&usageDate.lt={day}T11:00:00Z")
    yield Kind("a day", f"usageDate={day}")
    yield Kind("a day and a type", f"usageDate={day}&usageType=SMS")
    yield Kind("sorted by date", "sort=-usageDate")
    yield Kind("offset", "offset=1000")
    yield Kind("column in a path", "filter=$[?(@.status=='rated'%26%26@.usageType=='Voice')]")
    yield Kind("characteristic", f"usageCharacteristic.value={number}")
    yield Kind("same element", f"filter=usageCharacteristic[?(@.name=='originatingNumber'%26%26@.value=='{number}')]")


def narrowed(known: Known) -> Iterator[Kind]:
    """What is looked for among what an index finds."""
    day, tv = f"usageDate={known.day}", "usageType=TV"
    yield Kind("not equal, of a type", f"{tv}&status.ne=rated")
    yield Kind("negation, of a type", f"{tv}&filter=$[?(!(@.status=='rated'%7C%7C@.status=='billed'))]")
    yield Kind("member, of a day", f"{day}&ratedProductUsage.isBilled=true")
    yield Kind("existence, of a day", f"{day}&filter=ratedProductUsage")
    yield Kind("absence, of a day", f"{day}&filter=$[?(!@.description)]")
    yield Kind("role, of a day", f"{day}&relatedParty.role=customer")
    yield Kind("a number, of a day", f"{day}&filter=usageCharacteristic[?(@.name=='duration'%26%26@.value%3E43200)]")
    yield Kind("a pattern, of a day", f"{day}&description.regex=number%20.*7$")
    yield Kind("length, of a day", f"{day}&filter=$[?(length(@.relatedParty)%3E1)]")
    yield Kind("largest, of a day", f"{day}&filter=$[?(max(@.ratedProductUsage.taxExcludedRatingAmount.value)%3E50)]")
    yield Kind("position, of a day", f"{day}&filter=$[?(@.relatedParty[0].role=='customer')]")
    yield Kind("slice, of a day", f"{day}&filter=$[?(@.usageCharacteristic[0:3].value=='5G')]")
    yield Kind("sorted by a member", f"{day}&sort=-description")
