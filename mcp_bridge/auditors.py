from typing import Any

from django.apps import apps

GROUP = "Auditors"  # the downstream API gives the same group its own permission; neither imports the other


def let_auditors_view(*, using: str, **_kwargs: Any) -> None:
    """After a migration: auditors may view tool calls.

    Not in the migration itself, for Django makes the permission only after it.
    """
    if not apps.is_installed("django.contrib.auth"):  # the bridge's own process knows no users
        return
    from django.contrib.auth.models import Group, Permission

    permission = Permission.objects.using(using).filter(content_type__app_label="mcp_bridge", codename="view_toolcall")
    for each in permission:
        Group.objects.using(using).get_or_create(name=GROUP)[0].permissions.add(each)
