"""The groups of staff, with the permissions that exist by now; later ones follow after each migration."""

from django.db import migrations

from tmfusage.access import roles


def make(apps, schema_editor):
    """Make the groups."""
    using = schema_editor.connection.alias
    permissions = apps.get_model("auth", "Permission").objects.using(using)
    labels = set(permissions.values_list("content_type__app_label", flat=True))
    for label in sorted({"access", *labels}):
        roles.grant(label, apps, using)


def remove(apps, schema_editor):
    """Delete the groups."""
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    groups.filter(name__in=roles.ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_clients_and_keys"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [migrations.RunPython(make, remove)]
