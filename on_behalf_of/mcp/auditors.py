from typing import Any

from django.apps import apps
from django.db import router

# The API's log gives permissions of its own to the same groups; neither app imports the other.
GROUPS = ("Auditors", "Audit exporters")


def let_auditors_view(*, using: str, **_kwargs: Any) -> None:
    """Let auditors view tool calls. Runs after each `migrate`, because Django makes the permission only then."""
    if not apps.is_installed("django.contrib.auth"):  # the reference's MCP server has no user accounts
        return
    from django.contrib.auth.models import Group, Permission

    if not router.allow_migrate_model(using, Group):
        return

    permission = Permission.objects.using(using).filter(content_type__app_label="obo_mcp", codename="view_toolcall")
    for name in GROUPS:
        Group.objects.using(using).get_or_create(name=name)[0].permissions.add(*permission)
