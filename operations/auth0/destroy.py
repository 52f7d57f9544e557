"""Remove what the setup made, newest first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from operations.auth0.apply import SECRET
from operations.auth0.errors import NotThere
from operations.auth0.made import Entry, MadeFile
from operations.auth0.operation import REMOVALS
from operations.auth0.tenant_environment import TenantEnvironment

if TYPE_CHECKING:  # auth0-python is optional
    from operations.auth0.management_api import ManagementApi

CLIENT_ID, LOGIN_CLIENT_ID = "MCP_AUTH0_CLIENT_ID", "API_LOGIN_CLIENT_ID"


def destroy(made: MadeFile, api: "ManagementApi", tenant: TenantEnvironment, say: Callable[[str], None]) -> None:
    """Remove every recorded object. Raises SetupError; the record then still holds what was not removed."""
    for entry in reversed(made.entries):
        say(f"  {_removed(entry, api)}: {entry.what}")
        made.remove(entry)
        _empty_variables(entry, tenant)


def _removed(entry: Entry, api: "ManagementApi") -> str:
    if not entry.target:
        return "not found, perhaps never made"
    try:
        api.send(REMOVALS[entry.kind], entry.target, entry.body)
    except NotThere:
        return "already gone"
    return "removed"


def _empty_variables(entry: Entry, tenant: TenantEnvironment) -> None:
    """Clear the variables of a client that was removed."""
    if entry.kind == "client" and entry.target:
        in_file = tenant.in_file()
        gone = [name for name in (CLIENT_ID, LOGIN_CLIENT_ID) if in_file.get(name) == entry.target]
        secrets = [SECRET] if CLIENT_ID in gone and SECRET in in_file else []
        tenant.write(dict.fromkeys([*gone, *secrets], ""))
