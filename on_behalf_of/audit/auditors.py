"""Two groups for the admin: those who may read the audit log, and those who may also export it."""

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission
from django.db import router

VIEW, EXPORT = "view_delegatedaccess", "export_delegatedaccess"
GROUPS = {"Auditors": (VIEW,), "Audit exporters": (VIEW, EXPORT)}


def make_groups(sender: AppConfig, *, using: str, **_kwargs: object) -> None:
    """Create missing groups and give all of them their permissions, in the database that holds Django's users.

    Runs after each `migrate` and not in a migration, because Django makes the permissions only after all migrations.
    Permissions that an administrator adds to a group stay; those that were taken from it come back.
    """
    if not router.allow_migrate_model(using, Group):
        return
    permissions = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    for name, codenames in GROUPS.items():
        group = Group.objects.using(using).get_or_create(name=name)[0]
        group.permissions.add(*permissions.filter(codename__in=codenames))
