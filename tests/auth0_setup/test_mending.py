"""Manual changes are found and corrected; manual additions are kept."""

from collections.abc import Callable

import pytest

from tests.auth0_setup.conftest import ADA, Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE

Hand = Callable[[FakeAuth0], object]

BY_HAND: dict[str, tuple[Hand, str]] = {
    "the tenant's profile": (
        lambda auth0: auth0.settings.update(resource_parameter_profile="audience"),
        'resource_parameter_profile: "audience" -> "compatibility"',
    ),
    "iss in authorization responses": (
        lambda auth0: auth0.settings.update(authorization_response_iss_parameter_supported=False),
        "authorization_response_iss_parameter_supported: false -> true",
    ),
    "the connection": (
        lambda auth0: auth0.connections[0].update(is_domain_connection=False), "is_domain_connection: false -> true",
    ),
    "a scope of the bridge's API": (lambda auth0: auth0.apis[1]["scopes"].pop(), 'API "MCP bridge"'),
    "roles that bound what is delegated": (
        lambda auth0: auth0.apis[2].update(enforce_policies=False), "enforce_policies: false -> true",
    ),
    "the token dialect": (
        lambda auth0: auth0.apis[1].update(token_dialect="access_token"),
        'token_dialect: "access_token" -> "rfc9068_profile_authz"',
    ),
    "the API's policy": (
        lambda auth0: auth0.apis[2]["subject_type_authorization"].update(user={"policy": "allow_all"}),
        "require_client_grant",
    ),
    "the exchange": (
        lambda auth0: auth0.clients[0].pop("token_exchange"), "on_behalf_of_token_exchange",
    ),
    "the address that is forwarded": (
        lambda auth0: auth0.clients[0].update(is_token_endpoint_ip_header_trusted=False),
        "is_token_endpoint_ip_header_trusted: false -> true",
    ),
    "Inspector's callback": (
        lambda auth0: auth0.clients[1].update(callbacks=[]), "http://localhost:6274/oauth/callback",
    ),
    "Inspector's client": (lambda auth0: auth0.clients.pop(1), '+ client "MCP Inspector"'),
    "a scope of a grant": (
        lambda auth0: auth0.grants[0].update(scope=["read:private"]), 'scope: ["read:private"] -> ',
    ),
    "a grant": (lambda auth0: auth0.grants.pop(1), '+ grant for client "MCP Inspector"'),
    "a permission": (
        lambda auth0: auth0.permissions[auth0.roles[1]["id"]].pop(), '+ permissions of role "Tool User": read:private',
    ),
    "a role": (lambda auth0: auth0.roles.pop(1), '+ role "Tool User"'),
    "a member": (
        lambda auth0: auth0.members[auth0.roles[0]["id"]].clear(),
        '+ members of role "Tool Administrator": ada@example.com',
    ),
}  # fmt: skip


@pytest.mark.parametrize("changed", BY_HAND)
def test_a_manual_change_is_found_and_corrected(already_set_up: Setup, auth0: FakeAuth0, changed: str) -> None:
    change, told = BY_HAND[changed]
    change(auth0)
    result = already_set_up.run("--yes", *ADA)
    assert (result.code, told in result.out) == (0, True), result.everything
    assert "Verified: " in result.out


def test_additions_by_others_stay_and_grants_that_are_too_wide_are_reported(
    already_set_up: Setup, auth0: FakeAuth0
) -> None:
    auth0.apis[2]["scopes"] = [{"value": "read:theirs", "description": "Theirs"}]
    auth0.grants[0]["scope"] = ["read:theirs"]
    auth0.clients[1]["callbacks"] = ["http://localhost:7000/theirs"]
    result = already_set_up.run("--yes")
    assert result.code == 0, result.err
    assert [each["value"] for each in auth0.apis[2]["scopes"]] == ["read:theirs", "read:private", "write:private"]
    assert auth0.apis[2]["scopes"][0]["description"] == "Theirs"
    assert auth0.grants[0]["scope"] == ["read:theirs", "read:private", "write:private"]
    assert auth0.clients[1]["callbacks"] == ["http://localhost:7000/theirs", "http://localhost:6274/oauth/callback"]
    assert f'Note: The grant for client "MCP bridge" to {API_AUDIENCE} allows read:theirs, which is more' in result.out


def test_a_grant_of_all_scopes_is_enough_and_is_reported(already_set_up: Setup, auth0: FakeAuth0) -> None:
    auth0.grants[0] |= {"scope": [], "allow_all_scopes": True}
    result = already_set_up.run("--plan")
    assert result.code == 0
    assert "allows all scopes, which is more" in result.out


def test_existing_objects_with_our_identifiers_are_reused(setup: Setup, auth0: FakeAuth0) -> None:
    """As after the quickstart: both APIs and the linked client exist, but neither grant."""
    scopes = [{"value": "tool:whoami"}]
    auth0.apis += [
        auth0.document("api", identifier=BRIDGE_AUDIENCE, name="MCP Tools API", scopes=scopes, signing_alg="RS256"),
        auth0.document("api", identifier=API_AUDIENCE, name="Protected API", scopes=[{"value": "read:private"}]),
    ]
    linked = {"app_type": "resource_server", "resource_server_identifier": BRIDGE_AUDIENCE}
    auth0.clients += [{"client_id": f"other{number}", "name": f"Other {number}"} for number in range(120)]
    auth0.clients.append(
        {"client_id": "theirs", "name": "MCP Server Client", **linked, "client_secret": "known-to-them"}
    )
    setup.env_file.write_text("MCP_AUTH0_CLIENT_ID=theirs\nMCP_AUTH0_CLIENT_SECRET=known-to-them\n", "utf-8")
    result = setup.run("--yes")
    assert result.code == 0, result.err
    assert [each["name"] for each in auth0.apis[1:]] == ["MCP Tools API", "Protected API"]
    assert [each["name"] for each in auth0.clients[120:]] == ["MCP Server Client", "MCP Inspector"]
    assert {each["client_id"] for each in auth0.grants} == {"theirs", auth0.clients[-1]["client_id"]}
    assert "MCP_AUTH0_CLIENT_SECRET=known-to-them" in setup.env_file.read_text("utf-8")
    assert "known-to-them" not in result.everything


def test_a_client_that_is_not_linked_stops_the_setup_with_a_reason(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.clients.append({"client_id": "theirs", "name": "A web application", "app_type": "regular_web"})
    setup.env_file.write_text("MCP_AUTH0_CLIENT_ID=theirs\n", "utf-8")
    result = setup.run("--yes")
    assert (result.code, auth0.changes) == (1, [])
    assert "A client can only be linked when it is created" in result.err
