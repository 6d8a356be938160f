"""Whether usages refer to a specification, asked so that the answer still holds when the change commits.

A usage is stored without locking its specification, which keeps its POST cheap. So who changes something that must
not happen to a specification in use waits for the writers of usages, and lets them wait until it has committed:
they then find the specification as it is.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection

from specs.uniqueness import newly_unique
from tmfusage.tmf.refusals import TmfError
from tmfusage.tmf.violations import Violation

if TYPE_CHECKING:
    from specs.models import UsageSpecification

COUNTED_USAGES = 10_000
# Longer than deadlock_timeout (1 s), after which PostgreSQL lets an automatic vacuum make way.
LOCK_TIMEOUT_MS = 2_000
IN_USE = "The specification is in use."
_NOT_AVAILABLE = "55P03"


def refuse_if_used(
    specification: "UsageSpecification", reason: str, advice: str = "", violations: Sequence[Violation] = ()
) -> None:
    """409 that counts the usages of the specification; without any, none can be added until the transaction ends."""
    for hold in (False, True):
        if hold:
            _hold(specification.usages.model._meta.db_table)
        refuse_as_used(specification, reason, advice, violations)


def refuse_as_used(
    specification: "UsageSpecification", reason: str, advice: str = "", violations: Sequence[Violation] = ()
) -> None:
    """409 that counts the usages of the specification, if it has any just now."""
    if used := specification.usages.all()[: COUNTED_USAGES + 1].count():
        message = f"{_told(used)} {advice}".strip()
        told = [replace(each, message=f"{each.message}: {message}") for each in violations]
        raise TmfError(409, "specificationInUse", reason, message, told)


def refuse_new_uniqueness(specification: "UsageSpecification", before: dict[str, Any]) -> None:
    """409 when values of stored usages, which nobody has kept apart, are to be unique from now on."""
    if violations := newly_unique(before, specification.members):
        reason = "Values cannot become unique while the specification is in use."
        refuse_if_used(specification, reason, "Make a new version of it.", violations)


def _told(used: int) -> str:
    count = f"more than {COUNTED_USAGES:,}" if used > COUNTED_USAGES else f"{used:,}"
    return f"{count} {'usage refers' if used == 1 else 'usages refer'} to it."


def _hold(table: str) -> None:
    """Keep everybody else from writing the table; 503 when its writers do not let us in soon."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        usual = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LOCK_TIMEOUT_MS)])
        try:
            cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE ROW EXCLUSIVE MODE")
        except OperationalError as exc:
            if getattr(exc.__cause__, "sqlstate", None) != _NOT_AVAILABLE:
                raise
            reason = "Usages are being written just now, so it is open whether the specification is in use."
            raise TmfError(503, "serviceUnavailable", reason, "Nothing was changed; try again.") from exc
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", usual)
