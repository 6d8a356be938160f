"""The life cycle of a usage (TMF635, `Lifecycle_Usage`): which status may follow which.

Migration 0002 holds the same table as a trigger; a test compares the two.
"""

from tmfusage.tmf.refusals import TmfError, conflict

RECEIVED, GUIDED, RATED, RERATED = "received", "guided", "rated", "rerated"
BILLED, REJECTED, RECYCLED = "billed", "rejected", "recycled"

NEXT: dict[str, tuple[str, ...]] = {
    RECEIVED: (GUIDED, REJECTED),
    GUIDED: (RATED, REJECTED),
    RATED: (RERATED, BILLED),
    RERATED: (RATED,),
    BILLED: (),
    REJECTED: (RECYCLED,),
    RECYCLED: (GUIDED, REJECTED),
}
INITIAL = (RECEIVED, GUIDED, RATED)
PRICED = (RATED, RERATED, BILLED)
# Taken out until corrected: such a usage holds no unique values.
SET_ASIDE = (REJECTED, RECYCLED)


def check_move(before: str, after: str) -> None:
    """Return when the life cycle allows the move; else 409 that names from, to and what is allowed."""
    if after == before or after in NEXT[before]:
        return
    allowed = ", ".join(NEXT[before]) or "nothing: it is final"
    raise _illegal(f"A usage cannot go from {before} to {after}; from {before} it can go to {allowed}.")


def check_start(status: str) -> None:
    """Return when a new usage may arrive with the status; else 409."""
    if status not in INITIAL:
        raise _illegal(f"A usage cannot arrive as {status}; it can arrive as {', '.join(INITIAL)}.")


def check_removal(status: str) -> None:
    """Return when a usage of the status may be deleted; else 409."""
    if status == BILLED:
        raise _illegal("A billed usage cannot be deleted.")


def _illegal(message: str) -> TmfError:
    return conflict("The life cycle does not allow this.", message, "invalidTransition")
