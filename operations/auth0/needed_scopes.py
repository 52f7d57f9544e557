"""The scopes that a Management API token needs: to read the tenant, to apply a plan, to remove what was made."""

from collections.abc import Iterable

from operations.auth0.change import Plan
from operations.auth0.desired_tenant import SetupOptions
from operations.auth0.made import Entry
from operations.auth0.operation import REMOVALS

READING = frozenset(
    {
        "read:tenant_settings",
        "read:connections",
        "read:resource_servers",
        "read:clients",
        "read:client_grants",
        "read:roles",
    }
)


def to_read(options: SetupOptions) -> frozenset[str]:
    members = {"read:users", "read:role_members"} if options.administrators or options.users else set()
    organizations = {"read:organizations"} if options.organizations else set()
    return READING | members | organizations


def to_apply(plan: Plan) -> frozenset[str]:
    return frozenset(scope for change in plan.changes for scope in change.operation.scope.split())


def to_destroy(entries: Iterable[Entry]) -> frozenset[str]:
    return frozenset(scope for entry in entries if entry.target for scope in REMOVALS[entry.kind].scope.split())
