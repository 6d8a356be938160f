"""Roles of staff: what each group may do."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from tmfusage.access import roles

pytestmark = pytest.mark.django_db


def member(role: str) -> User:
    user = User.objects.create_user(role.replace(" ", ""), is_staff=True)
    user.groups.set([Group.objects.get(name=role)])
    return user


def held(role: str) -> set[tuple[str, str]]:
    """What the group holds, as app label and codename."""
    permissions = Group.objects.get(name=role).permissions
    return set(permissions.values_list("content_type__app_label", "codename"))


def test_the_four_roles_exist_after_migrating():
    assert set(Group.objects.values_list("name", flat=True)) == set(roles.ROLES)


def test_an_auditor_sees_every_model_and_changes_nothing():
    views = Permission.objects.filter(codename__startswith="view_").values_list("content_type__app_label", "codename")
    assert held(roles.AUDITOR) == set(views)


def test_a_product_manager_defines_specifications_and_cannot_touch_keys():
    manager = member(roles.PRODUCT_MANAGER)
    assert manager.has_perms(["specs.add_usagespecification", "specs.delete_characteristicspecification"])
    assert manager.has_perm("usage.view_usage")
    assert not manager.has_module_perms("access")
    assert not manager.has_perm("usage.move_usage")


def test_nobody_rewrites_history():
    for role in roles.ROLES:
        changes = {code for _app, code in held(role) if "historical" in code and not code.startswith("view_")}
        assert not changes


def test_customer_care_sees_usages_buckets_and_specifications_only():
    assert {app for app, _code in held(roles.CUSTOMER_CARE)} == {"specs", "usage", "consumption"}
    assert all(code.startswith("view_") for _app, code in held(roles.CUSTOMER_CARE))


def test_an_operator_moves_usages_and_manages_clients_but_makes_no_staff():
    operator = member(roles.OPERATOR)
    assert operator.has_perms(
        ["usage.move_usage", "access.issue_apikey", "access.add_apiclient", "specs.view_usagespecification"]
    )
    assert operator.has_perm("axes.delete_accessattempt")
    forbidden = ["auth.change_user", "auth.change_group", "specs.change_usagespecification", "axes.delete_accesslog"]
    assert not any(operator.has_perm(permission) for permission in forbidden)


def test_granting_again_changes_nothing(django_assert_max_num_queries):
    before = {role: held(role) for role in roles.ROLES}
    with django_assert_max_num_queries(9):
        roles.grant("specs")
    assert {role: held(role) for role in roles.ROLES} == before


def test_what_was_given_or_taken_by_hand_is_put_right_at_the_next_migration():
    auditor = Group.objects.get(name=roles.AUDITOR)
    auditor.permissions.set(Permission.objects.filter(codename="delete_usage"))
    call_command("migrate", verbosity=0)
    assert ("usage", "delete_usage") not in held(roles.AUDITOR)
    assert ("usage", "view_usage") in held(roles.AUDITOR)


def test_a_group_that_was_deleted_comes_back():
    Group.objects.all().delete()
    for config in apps.get_app_configs():
        roles.grant_after_migrate(config)
    assert ("usage", "move_usage") in held(roles.OPERATOR)
