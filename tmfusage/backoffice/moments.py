"""Moments as staff read them."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.html import format_html


def moment(value: datetime) -> str:
    """The date and the time to the second, in the reader's language and the site's time zone."""
    local = timezone.localtime(value)
    return f"{date_format(local, 'DATE_FORMAT')}, {time_format(local, 'H:i:s')}"


def marked(value: datetime | None) -> str:
    """The same for the eye and, exactly, for machines; a dash when there is none."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), moment(value)) if value else "—"
