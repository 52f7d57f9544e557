"""The requests that change a tenant: one row for each endpoint of the Management API, with the scope it needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Operation:
    """One endpoint of the Management API v2."""

    method: str
    path: str  # below /api/v2; `{id}` is the id of the object that changes
    scope: str  # that the Management API token needs; several are separated by spaces
    function: str  # of auth0-python's client
    id_member: str = "id"  # the answer's member that holds the new object's id


UPDATE_TENANT = Operation("patch", "tenants/settings", "update:tenant_settings", "tenants.settings.update")
UPDATE_CONNECTION = Operation("patch", "connections/{id}", "update:connections", "connections.update")
CREATE_API = Operation("post", "resource-servers", "create:resource_servers", "resource_servers.create")
UPDATE_API = Operation("patch", "resource-servers/{id}", "update:resource_servers", "resource_servers.update")
DELETE_API = Operation("delete", "resource-servers/{id}", "delete:resource_servers", "resource_servers.delete")
CREATE_CLIENT = Operation("post", "clients", "create:clients", "clients.create", "client_id")
UPDATE_CLIENT = Operation("patch", "clients/{id}", "update:clients", "clients.update")
DELETE_CLIENT = Operation("delete", "clients/{id}", "delete:clients", "clients.delete")
ROTATE_SECRET = Operation("post", "clients/{id}/rotate-secret", "update:client_keys", "clients.rotate_secret")
REGISTER_CIMD = Operation(
    "post", "clients/cimd/register", "create:clients", "clients.register_cimd_client", "client_id"
)
CREATE_GRANT = Operation("post", "client-grants", "create:client_grants", "client_grants.create")
UPDATE_GRANT = Operation("patch", "client-grants/{id}", "update:client_grants", "client_grants.update")
DELETE_GRANT = Operation("delete", "client-grants/{id}", "delete:client_grants", "client_grants.delete")
CREATE_ROLE = Operation("post", "roles", "create:roles", "roles.create")
DELETE_ROLE = Operation("delete", "roles/{id}", "delete:roles", "roles.delete")
ADD_PERMISSIONS = Operation("post", "roles/{id}/permissions", "update:roles", "roles.permissions.add")
REMOVE_PERMISSIONS = Operation("delete", "roles/{id}/permissions", "update:roles", "roles.permissions.delete")
ADD_MEMBERS = Operation("post", "roles/{id}/users", "update:roles create:role_members", "roles.users.assign")
REMOVE_MEMBER = Operation("delete", "users/{id}/roles", "update:users delete:role_members", "users.roles.delete")
UPDATE_ORGANIZATION = Operation("patch", "organizations/{id}", "update:organizations", "organizations.update")

# How to remove what was made or added, by kind.
REMOVALS = {
    "api": DELETE_API,
    "client": DELETE_CLIENT,
    "grant": DELETE_GRANT,
    "role": DELETE_ROLE,
    "permissions": REMOVE_PERMISSIONS,
    "member": REMOVE_MEMBER,
}
