from django.db import migrations, models

GRANT_NOTHING = "UPDATE consumption_bucketspecification SET default_amount = 0 WHERE default_amount < 0"
# Of rules that take the same twice the oldest stays in force.
TAKE_ONCE = """
UPDATE consumption_consumptionrule r SET active = FALSE
WHERE r.active AND EXISTS (
    SELECT FROM consumption_consumptionrule o
    WHERE o.active AND o.id < r.id AND o.specification_id = r.specification_id AND o.characteristic = r.characteristic
      AND o.usage_type = r.usage_type AND o.whose = r.whose AND o.whose_name = r.whose_name)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("consumption", "0010_totals_by_user"),
    ]

    operations = [
        migrations.RunSQL(GRANT_NOTHING, migrations.RunSQL.noop),
        migrations.RunSQL(TAKE_ONCE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="bucketspecification",
            constraint=models.CheckConstraint(
                condition=models.Q(("default_amount__isnull", True), ("default_amount__gte", 0), _connector="OR"),
                name="consumption_kind_grants",
            ),
        ),
        migrations.AddConstraint(
            model_name="consumptionrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)),
                fields=("specification", "characteristic", "usage_type", "whose", "whose_name"),
                name="consumption_rule_once",
            ),
        ),
    ]
