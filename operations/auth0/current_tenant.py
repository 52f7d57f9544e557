"""The part of the tenant's current state that the setup needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from operations.auth0.desired_tenant import DesiredTenant
from operations.auth0.errors import NotThere, SetupError

if TYPE_CHECKING:  # auth0-python is optional
    from operations.auth0.management_api import ManagementApi

Json = Mapping[str, Any]


@dataclass(frozen=True)
class CurrentRole:
    id: str
    permissions: frozenset[tuple[str, str]]  # API's identifier, scope
    members: frozenset[str]  # ids of users


@dataclass(frozen=True)
class CurrentTenant:
    """Documents as the Management API returned them. An empty instance stands for an empty tenant."""

    settings: Json = field(default_factory=dict)
    connections: Mapping[str, Json] = field(default_factory=dict)  # by name
    apis: Mapping[str, Json] = field(default_factory=dict)  # by identifier
    clients: tuple[Json, ...] = ()
    grants: tuple[Json, ...] = ()
    roles: Mapping[str, CurrentRole] = field(default_factory=dict)  # by name
    users: Mapping[str, str] = field(default_factory=dict)  # email address -> id
    organizations: Mapping[str, Json] = field(default_factory=dict)  # by name


def read_tenant(api: "ManagementApi", desired: DesiredTenant) -> CurrentTenant:
    """Read what `desired` needs, and no more.

    Raises SetupError, also if a connection, user or organization is missing, which only people can create.
    """
    try:
        return _read(api, desired)
    except KeyError as error:
        raise SetupError(f"The tenant's answer lacks {error}. Check that auth0-python is up to date.") from None


def _read(api: "ManagementApi", desired: DesiredTenant) -> CurrentTenant:
    identifiers = [each.identifier for each in desired.apis]
    found = api.every("resource_servers.list", "read:resource_servers", identifiers=identifiers)
    return CurrentTenant(
        settings=api.one("tenants.settings.get", "read:tenant_settings"),
        connections={desired.connection: _connection(api, desired.connection)},
        apis={each["identifier"]: each for each in found if each.get("identifier") in identifiers},
        # Never read the clients' secrets, even if the token allows it.
        clients=tuple(
            api.every("clients.list", "read:clients", is_global=False, fields="client_secret", include_fields=False)
        ),
        grants=tuple(
            grant
            for identifier in identifiers
            for grant in api.every("client_grants.list", "read:client_grants", audience=identifier)
        ),
        roles=_roles(api, desired),
        users={email: _user(api, email) for role in desired.roles for email in role.members},
        organizations={name: _organization(api, name) for name in desired.organizations},
    )


def _connection(api: "ManagementApi", name: str) -> Json:
    for each in api.every("connections.list", "read:connections", name=name):
        if each.get("name") == name:
            return each
    raise SetupError(f"The tenant has no connection {name}. Name the one that your users log in with (--connection).")


def _roles(api: "ManagementApi", desired: DesiredTenant) -> dict[str, CurrentRole]:
    wanted = {role.name: role for role in desired.roles}
    roles = {}
    for role in api.every("roles.list", "read:roles"):
        if role.get("name") in wanted:
            held = api.every("roles.permissions.list", "read:roles", role["id"])
            # Read the members only if some are to be added.
            members = (
                api.every("roles.users.list", "read:role_members", role["id"]) if wanted[role["name"]].members else []
            )
            roles[role["name"]] = CurrentRole(
                role["id"],
                frozenset((each["resource_server_identifier"], each["permission_name"]) for each in held),
                frozenset(each["user_id"] for each in members),
            )
    return roles


def _user(api: "ManagementApi", email: str) -> str:
    found = api.every("users.list_users_by_email", "read:users", email=email)
    if len(found) != 1:
        problem = "no user" if not found else "several users"
        raise SetupError(f"The tenant has {problem} with the address {email}. Give an address that only one user has.")
    return str(found[0]["user_id"])


def _organization(api: "ManagementApi", name: str) -> Json:
    try:
        return api.one("organizations.get_by_name", "read:organizations", name)
    except NotThere:
        raise SetupError(f"The tenant has no organization {name}. Give its name, not its display name.") from None
