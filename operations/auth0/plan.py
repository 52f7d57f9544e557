"""The difference between a tenant's current and desired state, as changes in an order that works."""

from collections.abc import Iterator, Mapping
from typing import Any

from on_behalf_of.primitives.foreign_text import readable
from operations.auth0 import operation as op
from operations.auth0.change import Change, IdOf, Plan
from operations.auth0.current_tenant import CurrentTenant
from operations.auth0.desired_tenant import DesiredApi, DesiredGrant, DesiredTenant
from operations.auth0.differences import differences
from operations.auth0.planned_clients import client_changes, find_clients
from operations.auth0.planned_roles import role_changes


def plan(
    current: CurrentTenant,
    desired: DesiredTenant,
    *,
    made: Mapping[IdOf, str],
    env_file: Mapping[str, str],
) -> Plan:
    """Compute the changes, without any request. `made` is what earlier runs made, `env_file` what .env holds.

    The plan never removes what others added; its notes name grants that are wider than needed. Raises SetupError if
    the setup cannot continue until the configuration is changed.
    """
    ids = _known_ids(current) | find_clients(current, desired, made)
    ids |= {
        IdOf("grant", _grant_name(grant)): str(found["id"])
        for grant in desired.grants
        if (found := find_grant(current, grant, ids))
    }
    changes = (
        *_settings(current, desired),
        *(change for api in desired.apis for change in _api(current, api)),
        *client_changes(current, desired, ids),
        *(change for grant in desired.grants for change in _grant(current, grant, ids)),
        *(change for role in desired.roles for change in role_changes(current, role, ids)),
        *_organizations(current, desired, ids),
    )
    gives_secret = any(change.gives_secret for change in changes)
    return Plan(
        changes=changes,
        ids=ids,
        variables=desired.variables,
        unwritten=(
            *(name for name, value in desired.variables.items() if env_file.get(name, "") != _text(value, ids)),
            *(["MCP_AUTH0_CLIENT_SECRET"] if gives_secret else []),
        ),
        notes=tuple(_notes(current, desired, ids)),
    )


def _text(value: str | IdOf, ids: Mapping[IdOf, str]) -> str | None:
    return ids.get(value) if isinstance(value, IdOf) else value


def _known_ids(current: CurrentTenant) -> dict[IdOf, str]:
    return {
        **{IdOf("connection", name): str(each["id"]) for name, each in current.connections.items()},
        **{IdOf("api", identifier): str(each["id"]) for identifier, each in current.apis.items()},
        **{IdOf("role", name): role.id for name, role in current.roles.items()},
        **{IdOf("user", email): user_id for email, user_id in current.users.items()},
        **{IdOf("organization", name): str(each["id"]) for name, each in current.organizations.items()},
    }


def _settings(current: CurrentTenant, desired: DesiredTenant) -> Iterator[Change]:
    if changed := differences(current.settings, desired.settings):
        body = {name: desired.settings[name] for name in changed}  # the tenant merges `flags` itself
        yield Change(op.UPDATE_TENANT, "tenant settings", body, differences=changed)
    # Third-party clients, such as MCP clients, can only use domain connections.
    connection = {"is_domain_connection": True}
    if changed := differences(current.connections.get(desired.connection, {}), connection):
        target = IdOf("connection", desired.connection)
        yield Change(
            op.UPDATE_CONNECTION, f'connection "{desired.connection}"', connection, target, differences=changed
        )


def _api(current: CurrentTenant, api: DesiredApi) -> Iterator[Change]:
    found, key = current.apis.get(api.identifier), IdOf("api", api.identifier)
    what = f'API "{api.name}" ({api.identifier})'
    scopes = [{"value": value, "description": description} for value, description in api.scopes]
    if found is None:
        body = {"identifier": api.identifier, "name": api.name, "scopes": scopes, **api.settings, **api.at_creation}
        yield Change(op.CREATE_API, what, body, makes=key)
        return
    changed = differences(found, api.settings)
    present = list(found.get("scopes") or [])
    values = {each["value"] for each in present}
    body = {name: becomes for name, (_, becomes) in changed.items()}
    if missing := [each for each in scopes if each["value"] not in values]:
        body["scopes"] = [*present, *missing]  # the update replaces the whole list
        changed["scopes"] = ([each["value"] for each in present], [each["value"] for each in body["scopes"]])
    if changed:
        yield Change(op.UPDATE_API, what, body, str(found["id"]), differences=changed)


def _grant(current: CurrentTenant, grant: DesiredGrant, ids: Mapping[IdOf, str]) -> Iterator[Change]:
    what = _grant_name(grant)
    found = find_grant(current, grant, ids)
    if found is None:
        holder: dict[str, Any] = (
            {"client_id": ids.get(key := IdOf("client", grant.client), key)}
            if grant.client
            else {"default_for": "third_party_clients"}
        )
        body = {**holder, "audience": grant.audience, "scope": list(grant.scopes), "subject_type": "user"}
        yield Change(op.CREATE_GRANT, what, body, makes=IdOf("grant", what))
    elif not found.get("allow_all_scopes") and (changed := differences(found, {"scope": list(grant.scopes)})):
        yield Change(op.UPDATE_GRANT, what, {"scope": changed["scope"][1]}, str(found["id"]), differences=changed)


def find_grant(current: CurrentTenant, grant: DesiredGrant, ids: Mapping[IdOf, str]) -> Mapping[str, Any] | None:
    """Return the grant on behalf of users. The client may have another one, for itself, which is left alone."""
    client_id = ids.get(IdOf("client", grant.client)) if grant.client else None
    for each in current.grants:
        if each.get("audience") != grant.audience or each.get("subject_type") != "user":
            continue
        if grant.client is None and each.get("default_for") == "third_party_clients":
            return each
        if client_id and each.get("client_id") == client_id:
            return each
    return None


def _grant_name(grant: DesiredGrant) -> str:
    return f"grant for {_grantee(grant)} to {grant.audience}, for users"


def _grantee(grant: DesiredGrant) -> str:
    return f'client "{grant.client}"' if grant.client else "all third-party clients"


def _organizations(current: CurrentTenant, desired: DesiredTenant, ids: Mapping[IdOf, str]) -> Iterator[Change]:
    for name in desired.organizations:
        wanted = {"third_party_client_access": "allow"}
        if changed := differences(current.organizations.get(name, {}), wanted):
            key = IdOf("organization", name)
            target = ids.get(key, key)
            yield Change(op.UPDATE_ORGANIZATION, f'organization "{name}"', wanted, target, differences=changed)


def _notes(current: CurrentTenant, desired: DesiredTenant, ids: Mapping[IdOf, str]) -> Iterator[str]:
    """Yield a note for each grant that is wider than needed. Grants limit what a client can get for any user."""
    for grant in desired.grants:
        found = find_grant(current, grant, ids)
        if found is None:
            continue
        extra = [scope for scope in found.get("scope") or [] if scope not in grant.scopes]
        if found.get("allow_all_scopes") or extra:
            wider = "all scopes" if found.get("allow_all_scopes") else readable(" ".join(extra))
            yield (
                f"The grant for {_grantee(grant)} to {grant.audience} allows {wider}, which is more than needed. It "
                "stays as it is."
            )
