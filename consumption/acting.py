"""Actions on balances as machines ask for them (TMF654): the ledger does them, an action tells of it.

An action with an external identifier is done once, however often its sender asks for it.
"""

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db import IntegrityError, transaction
from django.utils import timezone

from consumption import events, ledger, reserving, units
from consumption.ledger import Request
from consumption.models import Bucket
from consumption.models.actions import BalanceAction
from tmfusage.hub import publishing
from tmfusage.tmf.moments import instant, instant_text
from tmfusage.tmf.refusals import TmfError, broken, conflict
from tmfusage.tmf.resources import distinct
from tmfusage.tmf.retrying import atomic
from tmfusage.tmf.violations import Violation

Members = dict[str, Any]
Verb = Callable[[Bucket, Decimal, Members, Request], None]
Kind = BalanceAction.Action
_BUCKETS = ("bucket", "receiverBucket")


def _top_up(bucket: Bucket, amount: Decimal, members: Members, request: Request) -> None:
    asked = [name for name in ("isAutoTopup", "numberOfPeriods", "recurringPeriod") if members.get(name)]
    if asked:
        raise TmfError(501, "notImplemented", "Top-ups are done once.", f"{asked[0]} is not supported.")
    ledger.grant(bucket.pk, amount, request, until=_end_of(members))


def _adjust(bucket: Bucket, amount: Decimal, _members: Members, request: Request) -> None:
    ledger.adjust(bucket.pk, amount, request)


def _reserve(bucket: Bucket, amount: Decimal, _members: Members, request: Request) -> None:
    ledger.reserve(bucket.pk, amount, request)


def _transfer(bucket: Bucket, amount: Decimal, members: Members, request: Request) -> None:
    ledger.transfer(bucket.pk, members["receiverBucket"]["id"], amount, request)


VERBS: dict[str, Verb] = {
    Kind.TOPUP: _top_up,
    Kind.ADJUST: _adjust,
    Kind.RESERVE: _reserve,
    Kind.TRANSFER: _transfer,
}


@atomic
def act(action: str, members: Members, by: str) -> BalanceAction:
    """Do what is asked for, and store that it was done; the same external identifier again does nothing."""
    buckets = _buckets(members)
    bucket = buckets["bucket"]
    # TMF's default is said, so that nobody has to know it.
    members = {**members, "amount": {"amount": 1, **members["amount"]}}
    amount = amount_in(bucket, members["amount"])
    done = BalanceAction(type=members.get("@type", action[:1].upper() + action[1:]), action=action, created_by=by)
    done.release_at = _end_of(members) if action == Kind.RESERVE else None
    done.key = _key(members)
    known = f"{action}:{hashlib.sha256(f'{by} {done.key}'.encode()).hexdigest()}" if done.key else ""
    reason = str(members.get("reason") or members.get("description") or "")[:1000]
    # A repeated reservation finds its first one by the key, under whose reference it stands.
    done.reference = known or done.pk
    VERBS[action](bucket, amount, members, Request(by, reason, known, done.reference))
    if earlier := _earlier(done, members):
        return earlier
    if done.release_at and done.release_at <= done.created_at:
        raise broken([Violation("$.validFor.endDateTime", "invalidValue", "lies in the past")])
    done.bucket_ids = [each.pk for each in buckets.values()]
    done.party_ids = distinct(party for each in buckets.values() for party in each.party_ids)
    moment = instant_text(done.created_at)
    done.members = {"requestedDate": moment, **members, "confirmationDate": moment}
    _insert(done)
    return done


def _insert(done: BalanceAction) -> None:
    """Store the action; 409 when its sender uses the key at the same moment for another bucket, which is not locked."""
    told = events.action_events(done.action)[0]
    try:
        with transaction.atomic() if done.key else nullcontext():
            publishing.insert(told, done)
    except IntegrityError as exc:
        if not done.key:
            raise
        raise _other_action(done.key) from exc


def _end_of(members: Members) -> datetime | None:
    """Until when the action is to hold; 501 when it is to begin later."""
    validity = members.get("validFor") or {}
    start, end = (instant(validity[name]) if validity.get(name) else None for name in ("startDateTime", "endDateTime"))
    if start and start > timezone.now():
        message = "validFor.startDateTime in the future is not supported."
        raise TmfError(501, "notImplemented", "Actions are done at once.", message)
    return end


def amount_in(bucket: Bucket, quantity: Members) -> Decimal:
    """The amount in the bucket's base unit; 400 when it does not convert. Without a unit it is in the bucket's own."""
    named = str(quantity.get("units") or bucket.unit)
    if not units.same_family(named, bucket.unit):
        raise broken([Violation("$.amount.units", "invalidQuantity", f"{named} cannot be converted to {bucket.unit}")])
    try:
        return units.to_base(quantity["amount"], named)
    except TmfError as refusal:
        raise broken([Violation("$.amount", "invalidQuantity", refusal.message)]) from refusal


@atomic
def cancel(action: BalanceAction, reason: str, by: str) -> None:
    """Take a (locked) reservation back: what is still reserved under it returns to its bucket."""
    if action.status == action.Status.CANCELLED:
        return
    ledger.release(action.bucket_ids[0], Request(by, reason[:1000], reference=action.reference))
    reserving.conclude(action, reason)


def _buckets(members: Members) -> dict[str, Bucket]:
    """The buckets that the action names, by member; 400 where there is none."""
    wanted = _bucket_ids(members)
    found = cast(dict[str, Bucket], Bucket.objects.in_bulk(list(wanted.values())))
    missing = [name for name, bucket_id in wanted.items() if bucket_id not in found]
    if missing:
        raise broken([unknown(name, wanted[name]) for name in missing])
    return {name: found[bucket_id] for name, bucket_id in wanted.items()}


def _bucket_ids(members: Members) -> dict[str, str]:
    return {name: members[name]["id"] for name in _BUCKETS if members.get(name)}


def unknown(name: str, bucket_id: str) -> Violation:
    """What is told of a bucket that is not there, or not for the caller."""
    return Violation(f"$.{name}.id", "referenceNotFound", f'there is no bucket "{bucket_id}"')


def _earlier(done: BalanceAction, members: Members) -> BalanceAction | None:
    """The action of the same key, which has happened already: its bucket is locked, so no other one is under way."""
    if not done.key:
        return None
    same = BalanceAction.objects.filter(action=done.action, created_by=done.created_by, key=done.key).first()
    if same is None:
        return None
    # The ledger has compared the amount already, in base units.
    if _bucket_ids(same.members) != _bucket_ids(members):
        raise _other_action(done.key)
    return same


def _other_action(key: str) -> TmfError:
    return conflict("The key was used for another action.", f'"{key}" stands for another one.', "keyReused")


def _key(members: Members) -> str:
    given = members.get("externalIdentifier") or [{}]
    return "/".join(str(given[0][name]) for name in ("owner", "id") if given[0].get(name))[:255]
