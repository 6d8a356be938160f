"""The roles of staff: which groups there are and what each may do.

Django creates permissions after migrating (`post_migrate`), app by app, so a migration alone would find
none of them: the migration makes the groups and grants what exists already, and after each app's
migrations its permissions are granted. This is bookkeeping of the schema, not domain logic; it is the one use of
Django's signals here.

The four groups are the product's: what an app's permissions give them is set to this table at each
`migrate`. Staff with other needs get a group of their own.
"""

from collections.abc import Mapping
from typing import Any

from django.apps import AppConfig
from django.apps import apps as installed
from django.apps.registry import Apps
from django.db import DEFAULT_DB_ALIAS

EVERY_APP = "*"
EVERYTHING = "*"
# django-simple-history's models: what happened is read, whoever asks.
HISTORY = "historical"

PRODUCT_MANAGER = "Product manager"
CUSTOMER_CARE = "Customer care"
OPERATOR = "Operator"
AUDITOR = "Auditor"

# role: app label: actions ("view" is view_<model>; an action may also be a whole codename)
ROLES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    PRODUCT_MANAGER: {
        "specs": (EVERYTHING,),
        "usage": ("view",),
        "consumption": (
            "view",
            "add_bucketspecification",
            "change_bucketspecification",
            "delete_bucketspecification",
            "add_consumptionrule",
            "change_consumptionrule",
        ),
    },
    CUSTOMER_CARE: {"specs": ("view",), "usage": ("view",), "consumption": ("view",)},
    OPERATOR: {
        EVERY_APP: ("view",),
        "access": (EVERYTHING,),
        # Pausing, replaying, rotating and so on: a listener has no form that could be saved.
        "hub": ("change_hub",),
        "usage": ("move_usage",),
        "consumption": ("move_balance", "add_reportheading", "change_reportheading", "delete_reportheading"),
        # Deleting an attempt lifts the lock that follows failed logins; the log of logins stays.
        "axes": ("delete_accessattempt", "delete_accessattemptexpiration"),
    },
    AUDITOR: {EVERY_APP: ("view",)},
}


def allows(role: str, app_label: str, model: str, codename: str) -> bool:
    """Whether the role has the permission."""
    table = ROLES[role]
    actions = {*table.get(EVERY_APP, ()), *table.get(app_label, ())}
    if model.startswith(HISTORY):
        return codename == f"view_{model}" and bool({"view", EVERYTHING} & actions)
    return EVERYTHING in actions or codename in actions or any(codename == f"{action}_{model}" for action in actions)


def grant(app_label: str, apps: Apps = installed, using: str = DEFAULT_DB_ALIAS) -> None:
    """Give each role exactly what the table says of one app; doing it again changes nothing."""
    permission_model = apps.get_model("auth", "Permission")
    found = permission_model.objects.using(using).filter(content_type__app_label=app_label)
    permissions = list(found.select_related("content_type"))
    for role in ROLES:
        group, _made = apps.get_model("auth", "Group").objects.using(using).get_or_create(name=role)
        wanted = {each.pk for each in permissions if allows(role, app_label, each.content_type.model, each.codename)}
        held = set(group.permissions.filter(content_type__app_label=app_label).values_list("pk", flat=True))
        group.permissions.add(*(wanted - held))
        group.permissions.remove(*(held - wanted))


def grant_after_migrate(
    app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = installed, **_kwargs: Any
) -> None:
    """Grant an app's permissions as soon as Django has created them."""
    try:
        apps.get_model("access", "ApiClient")
        apps.get_model("auth", "Group")
    except LookupError:
        # Migrated back to before the roles, or not yet that far.
        return
    grant(app_config.label, apps, using)
