"""A usage specification with consumption rules is not deleted: usages took by them."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consumption", "0007_query_attempts")]

    operations = [
        migrations.AlterField(
            "consumptionrule",
            "specification",
            models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consumption_rules",
                to="specs.usagespecification",
                verbose_name="usage specification",
            ),
        ),
    ]
