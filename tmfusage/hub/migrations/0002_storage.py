"""Rows of deliveries change twice and listeners often: leave room beside them, and clean up early."""

from django.db import migrations

FORWARD = """
ALTER TABLE hub_delivery SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.01);
ALTER TABLE hub_event SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE hub_hub SET (fillfactor = 50);
"""
BACKWARD = """
ALTER TABLE hub_hub RESET (fillfactor);
ALTER TABLE hub_event RESET (fillfactor, autovacuum_vacuum_scale_factor);
ALTER TABLE hub_delivery RESET (fillfactor, autovacuum_vacuum_scale_factor);
"""


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_outbox")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
