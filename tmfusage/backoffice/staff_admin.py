"""Staff and roles in the admin, in the same clothes as everything else."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User

from tmfusage.backoffice.bases import ModelAdmin, PasswordForm, UserForm, UserMakingForm

admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    """Members of staff."""

    form = UserForm
    add_form = UserMakingForm
    change_password_form = PasswordForm


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    """Roles; the four of this portal are set right after every migration."""
