"""The demonstration's catalogue and usages into the database, through the models' own rules."""

from datetime import datetime

from django.db import connection, transaction

from consumption.models import Bucket, LedgerEntry, Owner
from specs.characteristics import Rules
from specs.models import UsageSpecification
from specs.wire import absorb
from tmfusage.demo.buckets import store_buckets
from tmfusage.demo.catalogue import specifications
from tmfusage.demo.catalogue.building import Part
from tmfusage.demo.operator import MEDIATION
from tmfusage.demo.usages import DemoUsage, usages
from tmfusage.hub.publishing import publish_all
from usage import lifecycle
from usage.claiming import digest
from usage.events import CREATED
from usage.importing import importing
from usage.models import StatusChange, UniqueValue, Usage

MAKER = "product.manager"
BATCH = 500


def holds_data() -> bool:
    """Whether the database holds a specification or a usage, of the demonstration or not."""
    return UsageSpecification.objects.exists() or Usage.objects.exists()


def load_catalogue(now: datetime) -> int:
    """Store the specifications; how many there are."""
    documents = specifications(now)
    for document in documents:
        _store_specification(document)
    return len(documents)


def load_usages(now: datetime) -> int:
    """Store the usages with their moves, the values they claimed and what they took; how many there are."""
    made = usages(now)
    with importing():
        Usage.objects.bulk_create(map(_usage, made), batch_size=BATCH)
        StatusChange.objects.bulk_create((change for each in made for change in _changes(each)), batch_size=BATCH)
        UniqueValue.objects.bulk_create(_claims(made), batch_size=BATCH)
        store_buckets(made, now)
        publish_all(CREATED, Usage.objects.filter(id__in=[each.id for each in made]))
        _analyze()
    return len(made)


def _analyze() -> None:
    """Tell the planner at once what it would otherwise find out in a minute: counts and plans rest on it."""
    with connection.cursor() as cursor:
        for model in (Usage, StatusChange, UniqueValue, Bucket, Owner, LedgerEntry):
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


@transaction.atomic
def _store_specification(document: Part) -> None:
    """As `UsageSpecification.receive`, but with the document's id, so that specifications may refer to each other."""
    specification = UsageSpecification(id=document["id"], type=document["@type"], created_by=MAKER)
    specification._change_reason = MAKER
    absorb(specification, document)
    specification.settle(first=True)


def _usage(made: DemoUsage) -> Usage:
    usage = Usage(
        id=made.id,
        type="Usage",
        status=made.members["status"],
        revision=1 + len(made.moves),
        created_at=made.arrived,
        created_by=MEDIATION,
        last_update=made.moves[-1].at if made.moves else made.arrived,
    )
    usage.members = made.members
    return usage


def _changes(made: DemoUsage) -> list[StatusChange]:
    return [
        StatusChange(
            usage_id=made.id, at=move.at, from_status=move.before, to_status=move.after, by=move.by, reason=move.reason
        )
        for move in made.moves
    ]


def _claims(made: list[DemoUsage]) -> list[UniqueValue]:
    """What `usage.claiming` notes, for all usages at once."""
    rules = {specification.id: Rules.of(specification.members) for specification in UsageSpecification.objects.all()}
    claims = []
    for each in made:
        if each.members["status"] in lifecycle.SET_ASIDE:
            continue
        specification = each.members["usageSpecification"]["id"]
        for name, value in rules[specification].unique_values(each.members):
            claim = UniqueValue(usage_id=each.id, specification_id=specification, name=name, digest=digest(value))
            claims.append(claim)
    return claims
