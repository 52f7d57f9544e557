"""Find this project's clients at the tenant, and plan their changes."""

from collections.abc import Iterator, Mapping
from typing import Any

from operations.auth0 import operation as op
from operations.auth0.change import Change, IdOf
from operations.auth0.current_tenant import CurrentTenant
from operations.auth0.desired_tenant import DesiredClient, DesiredTenant
from operations.auth0.differences import differences
from operations.auth0.errors import SetupError


def find_clients(current: CurrentTenant, desired: DesiredTenant, made: Mapping[IdOf, str]) -> dict[IdOf, str]:
    """Return the ids of the clients that exist. Names are not unique at a tenant, so they are compared last."""
    by_id = {str(each["client_id"]): each for each in current.clients}
    found = {}
    for client in desired.clients:
        key = IdOf("client", client.name)
        ours = made.get(key, "")
        if client.linked_api and not _is_linked(client, by_id.get(ours, {})):
            ours = ""  # made for the bridge's previous identifier
        for candidate in (client.configured_id, ours, *_alike(current, client)):
            if candidate in by_id:
                found[key] = candidate
                break
        if client.linked_api and key in found:
            _check_link(client, by_id[found[key]])
    for url in desired.cimd_clients:
        for each in current.clients:
            if each.get("external_client_id") == url:
                found[IdOf("client", url)] = str(each["client_id"])
    return found


def _alike(current: CurrentTenant, client: DesiredClient) -> list[str]:
    if client.linked_api:
        return [
            str(each["client_id"])
            for each in current.clients
            if each.get("app_type") == "resource_server" and each.get("resource_server_identifier") == client.linked_api
        ]
    kept = {name: client.at_creation[name] for name in ("app_type", "is_first_party")}
    return [
        str(each["client_id"])
        for each in current.clients
        if each.get("name") == client.name and kept.items() <= {name: each.get(name) for name in kept}.items()
    ]


def _is_linked(client: DesiredClient, found: Mapping[str, Any]) -> bool:
    return bool(found.get("resource_server_identifier") == client.linked_api)


def _check_link(client: DesiredClient, found: Mapping[str, Any]) -> None:
    if not _is_linked(client, found):
        raise SetupError(
            f"The client in MCP_AUTH0_CLIENT_ID is not linked to the API {client.linked_api}. A client can only be "
            "linked when it is created: remove MCP_AUTH0_CLIENT_ID from .env to have a new one made."
        )


def client_changes(current: CurrentTenant, desired: DesiredTenant, ids: Mapping[IdOf, str]) -> Iterator[Change]:
    by_id = {str(each["client_id"]): each for each in current.clients}
    for client in desired.clients:
        key = IdOf("client", client.name)
        what = f'client "{client.name}"'
        if key not in ids:
            body = {"name": client.name, **client.at_creation, **client.settings}
            yield Change(op.CREATE_CLIENT, what, body, makes=key, gives_secret=client.has_secret)
            continue
        client_id = ids[key]
        if changed := differences(by_id[client_id], client.settings):
            body = {name: becomes for name, (_, becomes) in changed.items()}
            yield Change(op.UPDATE_CLIENT, what, body, client_id, differences=changed)
        if client.has_secret and not (client.known_secret and client.configured_id == client_id):
            yield Change(op.ROTATE_SECRET, f"secret of {what}", target=client_id, gives_secret=True)
    for url in desired.cimd_clients:
        if (key := IdOf("client", url)) not in ids:
            yield Change(op.REGISTER_CIMD, f"client {url}", {"external_client_id": url}, makes=key)
