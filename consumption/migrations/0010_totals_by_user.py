from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Usages go on being rated while the index is made.
    atomic = False
    dependencies = [
        ("consumption", "0009_changed_at"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="runningtotal",
            index=models.Index(fields=["user_id"], name="consumption_total_user"),
        ),
    ]
