"""Periods are counted from an anchor, and a bucket that cannot be ended is tried again later."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consumption", "0004_reratings_and_totals")]

    operations = [
        migrations.AddField("bucket", "anchor", models.DateTimeField(editable=False, null=True)),
        migrations.AddField("bucket", "end_failures", models.PositiveSmallIntegerField(default=0, editable=False)),
        migrations.AddField("bucket", "end_again_at", models.DateTimeField(editable=False, null=True)),
        migrations.AlterField(
            "bucketspecification",
            "period_count",
            models.PositiveSmallIntegerField(
                blank=True,
                default=None,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000),
                ],
                verbose_name="valid for",
            ),
        ),
    ]
