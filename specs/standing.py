"""The rules of specifications as they stand: compiled once for each revision, and remembered."""

from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings

from specs.characteristics import Rules
from tmfusage.tmf.statements import fetch_one

if TYPE_CHECKING:
    from specs.models import UsageSpecification

REMEMBERED = 512
STILL_STANDS = "EXISTS (SELECT 1 FROM specs_usagespecification WHERE id = %s AND revision = %s)"
_REVISION = "SELECT revision FROM specs_usagespecification WHERE id = %s"


class Stand(NamedTuple):
    """The rules of a specification at one revision, and the parties that it names."""

    revision: int
    rules: Rules
    party_ids: tuple[str, ...] = ()

    def shown_to(self, party: str) -> bool:
        """Whether somebody who acts for the party alone, if for any, may know the specification."""
        return not party or not self.party_ids or party in self.party_ids


_remembered: dict[str, Stand] = {}


def lately(specification_id: str) -> Stand | None:
    """The specification as it was when it was last compiled here; None when it never was."""
    return _remembered.get(specification_id)


def revision_of(specification_id: str) -> int | None:
    """The revision of the specification now; None when there is no such one."""
    row = fetch_one(_REVISION, [specification_id])
    return row[0] if row else None


def compiled(specification: "UsageSpecification") -> Stand:
    """Its rules, remembered; revision and document come from one row, so they belong together."""
    if len(_remembered) >= REMEMBERED:
        _remembered.clear()
    rules = Rules.of(specification.shown, numeric_strings=settings.USAGE_NUMERIC_STRINGS)
    stand = _remembered[specification.pk] = Stand(specification.revision, rules, tuple(specification.party_ids))
    return stand


def forget(specification_id: str) -> None:
    """Remember nothing of a specification that is no more."""
    _remembered.pop(specification_id, None)
