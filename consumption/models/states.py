"""What changes of a bucket by itself."""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

EXPIRED = "expired"
STATUSES = {"active": _("Active"), "suspended": _("Suspended"), EXPIRED: _("Expired")}


class State(NamedTuple):
    """What of a bucket changes by itself, when its validity is over."""

    status: str
    valid_from: datetime | None
    valid_to: datetime | None
    remaining: Decimal

    @property
    def status_text(self) -> str:
        """The status for people."""
        return str(STATUSES[self.status])


def is_overdue(bucket: Any, moment: datetime) -> bool:
    """Whether the validity of the bucket, or of its row, is over by then, and it neither expired nor renewed yet."""
    return bucket.status != EXPIRED and bucket.valid_to is not None and bucket.valid_to <= moment
