from typing import Any

from django.apps import apps

# The downstream API gives the same groups its own permissions; neither imports the other.
GROUPS = ("Auditors", "Audit exporters")


def let_auditors_view(*, using: str, **_kwargs: Any) -> None:
    """After a migration: auditors may view tool calls.

    Not in the migration itself, for Django makes the permission only after it.
    """
    if not apps.is_installed("django.contrib.auth"):  # the bridge's own process knows no users
        return
    from django.contrib.auth.models import Group, Permission

    permission = Permission.objects.using(using).filter(content_type__app_label="obo_mcp", codename="view_toolcall")
    for name in GROUPS:
        Group.objects.using(using).get_or_create(name=name)[0].permissions.add(*permission)
