"""Plan the changes to roles: make them, give them their permissions, and assign them to the users in the options."""

from collections.abc import Iterator, Mapping

from operations.auth0 import operation as op
from operations.auth0.change import Addition, Change, IdOf
from operations.auth0.current_tenant import CurrentTenant
from operations.auth0.desired_tenant import DesiredRole


def role_changes(current: CurrentTenant, role: DesiredRole, ids: Mapping[IdOf, str]) -> Iterator[Change]:
    found, key = current.roles.get(role.name), IdOf("role", role.name)
    target = ids.get(key, key)
    if found is None:
        body = {"name": role.name, "description": role.description}
        yield Change(op.CREATE_ROLE, f'role "{role.name}"', body, makes=key)
    missing = [each for each in role.permissions if not found or each not in found.permissions]
    if missing:
        permissions = [{"resource_server_identifier": api, "permission_name": scope} for api, scope in missing]
        yield Change(
            op.ADD_PERMISSIONS,
            f'permissions of role "{role.name}": {" ".join(scope for _, scope in missing)}',
            {"permissions": permissions},
            target,
            adds=(Addition("permissions", target, {"permissions": permissions}),),
        )
    people = {email: ids.get(user := IdOf("user", email), user) for email in role.members}
    new = {email: user for email, user in people.items() if not found or user not in found.members}
    if new:
        yield Change(
            op.ADD_MEMBERS,
            f'members of role "{role.name}": {", ".join(new)}',
            {"users": list(new.values())},
            target,
            adds=tuple(Addition("member", user, {"roles": [target]}) for user in new.values()),
        )
