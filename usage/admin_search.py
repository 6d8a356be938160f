"""Searching usages: what a term may be, each as a condition that an index answers; never a scan, never a LIKE."""

import re
from functools import reduce
from operator import or_

from django.db.models import Q

from specs.models import UsageSpecification
from tmfusage.tmf.resources import ID_CHARACTERS
from usage.models import Usage, digits

LONGEST = 255
SHORTEST_PREFIX = 8
SHORTEST_NAME = 3
MOST_SPECIFICATIONS = 10
MOST_RARE = 1_000
NOTHING = Q(pk__in=())
_ID = re.compile(ID_CHARACTERS)
_PHONE = re.compile(r"[+0-9 ()./\u00a0\u2010-\u2015-]+", re.ASCII)


def branches(term: str) -> list[Q]:
    """What the term may be: id or its beginning, phone number, party, product, sender's key, specification.

    Each condition walks one index; the pages of all of them are merged. An OR of them would leave it to the planner's
    guess to read the whole table.
    """
    term = term.strip()
    if not term or len(term) > LONGEST or "\x00" in term:
        return [NOTHING]
    keys = [Q(party_ids__contains=[term]), Q(external_ids__contains=[term]), Q(product_ids__contains=[term])]
    if numbers := _numbers(term):
        keys.append(Q(numbers__overlap=numbers))
    found = [*_narrowed(keys), *(Q(specification_id=each) for each in _specifications(term))]
    if _ID.fullmatch(term):
        found.append(_beginning(term) if len(term) >= SHORTEST_PREFIX else Q(pk=term))
    return found


def _narrowed(keys: list[Q]) -> list[Q]:
    """The keys, those with few usages as the ids of these.

    The planner has no figures for values that are rare or unique. Asked for the newest of them, it would read the
    table from its end in the hope to meet them soon; asked for any of them, it takes the index.
    """
    rare: set[str] = set()
    common = []
    for key in keys:
        ids = list(Usage.objects.filter(key).order_by().values_list("pk", flat=True)[: MOST_RARE + 1])
        if len(ids) > MOST_RARE:
            common.append(key)
        else:
            rare.update(ids)
    return [*common, Q(pk__in=rare)] if rare else common


def any_of(conditions: list[Q]) -> Q:
    """The conditions as one."""
    return reduce(or_, conditions)


def _beginning(term: str) -> Q:
    """Ids from the term up to what no id that begins with it can reach: a range of the primary key."""
    return Q(pk__gte=term, pk__lt=term[:-1] + chr(ord(term[-1]) + 1))


def _numbers(term: str) -> list[str]:
    """The ways in which the phone number may be kept: the international prefix 00 says the same as +."""
    number = digits(term) if _PHONE.fullmatch(term) else ""
    if not 5 <= len(number) <= 15:
        return []
    bare = number.removeprefix("00")
    return list(dict.fromkeys([number, bare, f"00{bare}"]))


def _specifications(term: str) -> list[str]:
    """The term as an id, kept here or not, and the specifications whose name holds it: their table is small."""
    if len(term) < SHORTEST_NAME:
        return [term]
    named = UsageSpecification.objects.filter(name__icontains=term).values_list("pk", flat=True)
    return list(dict.fromkeys([term, *named[:MOST_SPECIFICATIONS]]))
