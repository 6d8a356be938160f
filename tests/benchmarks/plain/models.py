"""The usage with a column for each attribute, its sub-resources as jsonb."""

import uuid_utils
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


def new_id() -> str:
    """An id of the kind that the product gives."""
    return str(uuid_utils.uuid7())


class PlainSpecification(models.Model):
    """What a usage must carry."""

    id = models.TextField(primary_key=True)
    characteristics = models.JSONField(default=list)

    class Meta:
        app_label = "plain"
        db_table = "bench_plain_specification"

    def __str__(self) -> str:
        return self.id


class PlainUsage(models.Model):
    """One usage."""

    id = models.TextField(primary_key=True, default=new_id)
    type = models.TextField(default="Usage")
    status = models.TextField(default="received")
    usage_type = models.TextField()
    usage_date = models.DateTimeField()
    description = models.TextField()
    rated_product_usage = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    related_party = models.JSONField(default=list)
    usage_characteristic = models.JSONField(default=list)
    usage_specification = models.JSONField(default=dict)

    class Meta:
        app_label = "plain"
        db_table = "bench_plain_usage"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["usage_type", "status", "-id"], name="plain_type_status"),
            models.Index(fields=["status", "-id"], name="plain_status"),
            models.Index(fields=["usage_date", "id"], name="plain_date"),
        ]

    def __str__(self) -> str:
        return self.id
