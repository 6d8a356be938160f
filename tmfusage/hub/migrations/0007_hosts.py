"""The host of a listener is told without its port."""

from django.db import migrations

WITHOUT_PORT = "UPDATE hub_hub SET host = trim(both '[]' from regexp_replace(host, ':[0-9]*$', ''))"


class Migration(migrations.Migration):
    dependencies = [("hub", "0006_older_secrets")]
    operations = [migrations.RunSQL(WITHOUT_PORT, migrations.RunSQL.noop)]
