"""Two groups for the admin: those who read the audit log, and those who may also take it away."""

from django.apps import AppConfig
from django.contrib.auth.models import Group, Permission

VIEW, EXPORT = "view_delegatedaccess", "export_delegatedaccess"
GROUPS = {"Auditors": (VIEW,), "Audit exporters": (VIEW, EXPORT)}


def make_groups(sender: AppConfig, *, using: str, **_kwargs: object) -> None:
    """After each migration: a group that is missing is made, and has its permissions.

    Not in a migration, for Django makes the permissions only when all of them have run. What an administrator adds to a
    group stays; what was taken from it comes back.
    """
    permissions = Permission.objects.using(using).filter(content_type__app_label=sender.label)
    for name, codenames in GROUPS.items():
        group = Group.objects.using(using).get_or_create(name=name)[0]
        group.permissions.add(*permissions.filter(codename__in=codenames))
