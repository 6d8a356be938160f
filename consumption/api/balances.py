"""Balances in the words of TMF654 v4.0.0: buckets, and the actions that change what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, NoReturn, cast

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import ErrorDetail, MethodNotAllowed
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from consumption import acting, ending, reserving
from consumption.api.shapes_actions import AdjustBalance, ReserveBalance, TopupBalance, TransferBalance
from consumption.api.shapes_v4 import Bucket
from consumption.criteria import KINDS
from consumption.models import BalanceAction
from consumption.models import Bucket as BucketModel
from consumption.models.states import EXPIRED, is_overdue
from consumption.report import released, standing
from tmfusage.tmf import exact
from tmfusage.tmf.etags import guard_match
from tmfusage.tmf.listing import ListMixin, RetrieveMixin
from tmfusage.tmf.parsing import MergePatchParser, StrictJSONParser
from tmfusage.tmf.query.narrowing import narrowed
from tmfusage.tmf.query.parameters import Parameters
from tmfusage.tmf.query.sql import Condition, all_of, compile_tree
from tmfusage.tmf.query.tree import And, Term
from tmfusage.tmf.query.walking import Walk
from tmfusage.tmf.reading import Row, Table
from tmfusage.tmf.refusals import TmfError, broken
from tmfusage.tmf.resources import path_id
from tmfusage.tmf.sorting import Order
from tmfusage.tmf.viewsets import TmfViewSet
from tmfusage.tmf.writing import CreateMixin

_MEASURES = ("valid_from", "valid_to", "unlimited", "measured", "remaining", "reserved", "unit")
_OWNED = 't."id" IN (SELECT o.bucket_id FROM consumption_owner o WHERE o.kind = %s AND o.key = ANY(%s))'
_OWNERS = {(name, "id"): kind for name, kind in KINDS.items() if name != "relatedParty"}
_OWNERS["logicalResource", "value"] = KINDS["logicalResource"]
KEPT = "What was done is kept; correct it by another action."
Action = BalanceAction.Action


class _Measures(NamedTuple):
    status: str
    valid_from: datetime | None
    valid_to: datetime | None
    unlimited: bool
    measured: bool
    remaining: Decimal
    reserved: Decimal
    unit: str


class BucketTable(Table):
    """Buckets, with the columns from which their balance is told."""

    def __init__(self) -> None:
        super().__init__(BucketModel)
        plain = len(self.members)
        self.members += [(name, name) for name in _MEASURES]
        columns = ["id", "revision", *(column for _, column in self.members)]
        self.names = [name for name, _ in self.members[:plain]]
        self.width = len(columns) + 1
        self.columns = ", ".join([f't."{column}"' for column in columns] + ["t.document::text"])
        self.by_id = f'SELECT {self.columns} FROM "{self.name}" t WHERE t."id" = %s AND '  # noqa: S608 (own names)

    def render(self, row: Row, base: str) -> str:
        """The bucket as JSON text: its columns, what follows from them, its document."""
        resource_id, _, *told, document = row[: self.width]
        plain = len(self.names)
        front = {"id": resource_id, "href": base + path_id(resource_id)}
        front |= dict(zip(self.names, told[:plain], strict=True))
        measures, now = _Measures(front["status"], *told[plain:]), timezone.now()
        if is_overdue(measures, now) and (state := BucketModel.objects.states([resource_id], now).get(resource_id)):
            measures = measures._replace(**state._asdict())
        elif measures.reserved and measures.status != EXPIRED:
            measures = released(measures, reserving.over([resource_id], now).get(resource_id))
        text = exact.dumps({**front, "status": measures.status, **standing(measures)}).decode()
        return f"{text[:-1]},{document[1:]}" if document != "{}" else text


BUCKETS = BucketTable()


class BucketViewSet(TmfViewSet):
    """Buckets."""

    scope = "consumption"
    queryset = BucketModel.objects.all()
    serializer_class = Bucket

    @cached_property
    def table(self) -> Table:
        """Where buckets are read."""
        return BUCKETS

    def found(self, resource_id: str, lock: bool = False) -> Any:
        """The bucket; one that is changed has expired or renewed before, if its validity is over."""
        bucket = cast(BucketModel, super().found(resource_id, lock))
        if lock:
            ending.end_all([bucket], timezone.now())
        return bucket

    def _condition(self, parameters: Parameters) -> Condition:
        """Owners are looked up where reports look them up, before documents are compared."""
        owned = _owned(parameters.tree)
        if not owned:
            return super()._condition(parameters)
        found: list[Condition] = [(_OWNED, [kind, [value[:255] for value in values]]) for kind, values in owned]
        compiled = compile_tree(parameters.tree, self.attributes)
        return narrowed(self.table.name, all_of([*found, compiled, self._allowed()]))

    def _walk(self, parameters: Parameters, order: Order) -> Walk | None:
        return None if _owned(parameters.tree) else super()._walk(parameters, order)


def _owned(tree: Any) -> list[tuple[str, tuple[str, ...]]]:
    """The kinds of owner that are asked for, each with the keys."""
    terms = [each for each in (tree.parts if isinstance(tree, And) else [tree]) if isinstance(each, Term)]
    return [(_OWNERS[term.path], term.values) for term in terms if term.operator == "eq" and term.path in _OWNERS]


class ActionViewSet(ListMixin, RetrieveMixin, CreateMixin):
    """Actions of one kind; a subclass names it."""

    scope = "consumption"
    queryset = BalanceAction.objects.all()
    http_method_names = ["get", "head", "post", "options"]
    action_kind: str

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> NoReturn:
        """405, which says what to do instead: an action tells what the ledger did, and the ledger is append-only."""
        refusal = MethodNotAllowed(request.method or "")
        if kwargs:
            refusal.detail = ErrorDetail(f"{refusal.detail} {KEPT}")
        raise refusal

    def get_queryset(self) -> Any:
        """The actions of the kind."""
        return BalanceAction.objects.filter(action=self.action_kind)

    def create(self, request: Request) -> HttpResponse:
        """Do it, all or nothing: 201 when it is done, 409 when the balance does not allow it."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        body, _ = self._body(request)
        if not isinstance(body, dict):
            raise TmfError(400, "invalidBody", "The body is not a JSON object.")
        members = self._checked(body)
        self._guard_buckets(members)
        done = acting.act(self.action_kind, members, str(request.user))
        response = self._one(done, selection, 201)
        response.headers["Location"] = self.href(done.id)
        return response

    def _guard_buckets(self, members: dict[str, Any]) -> None:
        """A client of one party moves that party's balances only; of others it does not learn that they exist."""
        if not self.party:
            return
        named = {name: members[name]["id"] for name in ("bucket", "receiverBucket") if name in members}
        visible = BucketModel.objects.filter(pk__in=named.values(), party_ids__contains=[self.party])
        seen = set(visible.values_list("pk", flat=True))
        hidden = [acting.unknown(name, bucket_id) for name, bucket_id in named.items() if bucket_id not in seen]
        if hidden:
            raise broken(hidden)

    def _allowed(self) -> Condition:
        return all_of([('t."action" = %s', [self.action_kind]), super()._allowed()])


class TopupBalanceViewSet(ActionViewSet):
    """Top-ups."""

    serializer_class, action_kind = TopupBalance, Action.TOPUP


class AdjustBalanceViewSet(ActionViewSet):
    """Adjustments, upwards or downwards."""

    serializer_class, action_kind = AdjustBalance, Action.ADJUST


class TransferBalanceViewSet(ActionViewSet):
    """Transfers from one bucket to another."""

    serializer_class, action_kind = TransferBalance, Action.TRANSFER


class ReserveBalanceViewSet(ActionViewSet):
    """Reservations: an amount is set aside until it is released."""

    serializer_class, action_kind = ReserveBalance, Action.RESERVE
    http_method_names = ["get", "head", "post", "patch", "options"]

    @staticmethod
    def _patch_parsers() -> Sequence[type[BaseParser]]:
        return [MergePatchParser, StrictJSONParser]

    def partial_update(self, request: Request, id: str) -> HttpResponse:
        """Release the reservation: `{"status": "cancelled", "reason": …}`; nothing else of it changes."""
        selection = self._selection(self._parameters(request, only=("fields",)))
        body, _ = self._body(request)
        if not isinstance(body, dict) or body.get("status") != "cancelled" or set(body) - {"status", "reason", "@type"}:
            message = 'Send {"status": "cancelled"}, with a reason if there is one.'
            raise TmfError(400, "invalidValue", "A reservation can only be cancelled.", message)
        with transaction.atomic():
            action = self.found(id, lock=True)
            guard_match(request, action.revision)
            acting.cancel(action, str(body.get("reason") or ""), str(request.user))  # type: ignore[arg-type]
        return self._one(action, selection, 200)


VIEWSETS: Sequence[tuple[str, Any, str]] = (
    ("bucket", BucketViewSet, "bucket-v4"),
    ("topupBalance", TopupBalanceViewSet, "topup-balance-v4"),
    ("adjustBalance", AdjustBalanceViewSet, "adjust-balance-v4"),
    ("reserveBalance", ReserveBalanceViewSet, "reserve-balance-v4"),
    ("transferBalance", TransferBalanceViewSet, "transfer-balance-v4"),
)
