"""`{{ value|moment }}`."""

from django import template

from tmfusage.backoffice.moments import marked

register = template.Library()
register.filter("moment", marked)
