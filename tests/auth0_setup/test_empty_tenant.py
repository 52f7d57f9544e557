"""One command turns an empty tenant into one that exchanges tokens."""

import io
import json
import stat
import sys

import pytest

from config.services import API_SCOPES
from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.http_client.http_client import UpstreamHttp
from operations.auth0.management_token import management_token
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.auth0_setup.token_endpoint import MANAGER, MANAGER_SECRET
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE

EVERYTHING = (
    "tenant settings", 'connection "Username-Password-Authentication"', 'API "MCP bridge"', 'API "Notes API"',
    'client "MCP bridge"', 'client "MCP Inspector"', 'grant for client "MCP bridge" to http://localhost:8787/',
    'grant for client "MCP Inspector" to http://localhost:3001/mcp', 'role "Tool Administrator"',
    'permissions of role "Tool Administrator"', 'role "Tool User"', 'permissions of role "Tool User"', ".env:",
)  # fmt: skip


def user_token(auth0: FakeAuth0) -> str:
    return auth0.token(aud=BRIDGE_AUDIENCE, scope="tool:greet")


def test_the_plan_names_everything_and_changes_nothing(setup: Setup, auth0: FakeAuth0) -> None:
    before = auth0.contents()
    result = setup.run("--plan")
    assert result.code == 2
    assert [what for what in EVERYTHING if what not in result.out] == []
    assert "10 to add, 2 to change." in result.out
    assert auth0.contents() == before
    assert not setup.env_file.exists()
    assert not setup.made_file.exists()


def test_the_plan_can_be_read_by_programs(setup: Setup) -> None:
    result = setup.run("--plan", "--json")
    document = json.loads(result.out)
    assert result.code == 2
    assert len(document["changes"]) == 12
    grant = next(each for each in document["changes"] if each["path"] == "/api/v2/client-grants")
    assert grant["body"]["client_id"] == {"id_of": ["client", "MCP bridge"]}
    assert grant["method"] == "POST"
    assert "MCP_AUTH0_CLIENT_SECRET" in document["env"]


def test_yes_makes_everything_and_a_second_run_finds_nothing_to_do(setup: Setup, auth0: FakeAuth0) -> None:
    result = setup.run(says="yes\n")
    assert result.code == 0, result.err
    assert f"Verified: {auth0.domain} is set up" in result.out
    assert f"MCP Inspector's client id is {auth0.clients[1]['client_id']}; it has no secret." in result.out
    made = len(auth0.changes)
    again = setup.run("--plan")
    assert (again.code, "Nothing to add or change" in again.out) == (0, True)
    assert setup.run("--yes").code == 0
    assert len(auth0.changes) == made == 12


@pytest.mark.parametrize("answer", ["no\n", "\n", ""])
def test_anything_but_a_yes_changes_nothing(setup: Setup, auth0: FakeAuth0, answer: str) -> None:
    result = setup.run(says=answer)
    assert (result.code, auth0.changes) == (1, [])
    assert "Nothing was changed." in result.err


def test_the_tenant_holds_what_the_services_need(setup: Setup, auth0: FakeAuth0) -> None:
    setup.run("--yes")
    assert auth0.settings["resource_parameter_profile"] == "compatibility"
    assert auth0.settings["authorization_response_iss_parameter_supported"] is True
    assert auth0.connections[0]["is_domain_connection"] is True
    apis = {each["identifier"]: each for each in auth0.apis}
    assert tuple(each["value"] for each in apis[BRIDGE_AUDIENCE]["scopes"]) == TOOLS.scopes
    assert [each["value"] for each in apis[API_AUDIENCE]["scopes"]] == list(API_SCOPES)
    assert apis[API_AUDIENCE]["subject_type_authorization"]["user"] == {"policy": "require_client_grant"}
    bridge, inspector = auth0.clients
    assert bridge["app_type"] == "resource_server"
    assert bridge["resource_server_identifier"] == BRIDGE_AUDIENCE
    assert inspector["client_id"].startswith("tpc_")
    assert (inspector["token_endpoint_auth_method"], inspector["app_type"]) == ("none", "spa")
    grants = {(each["client_id"], each["audience"], each["subject_type"]) for each in auth0.grants}
    assert grants == {
        (bridge["client_id"], API_AUDIENCE, "user"),
        (inspector["client_id"], BRIDGE_AUDIENCE, "user"),
    }
    permissions = {role["name"]: {scope for _, scope in auth0.permissions[role["id"]]} for role in auth0.roles}
    assert permissions == {
        "Tool Administrator": {*TOOLS.scopes, *API_SCOPES},
        "Tool User": {"tool:whoami", "read:private"},
    }


def test_the_env_file_gets_the_variables_and_keeps_its_other_lines(setup: Setup, auth0: FakeAuth0) -> None:
    setup.env_file.write_text("# ours\nAUTH0_DOMAIN=\n\nexport LOG_FORMAT=json\nMCP_AUTH0_CLIENT_ID=  # later", "utf-8")
    assert setup.run("--yes").code == 0
    lines = setup.env_file.read_text("utf-8").splitlines()
    assert lines[:4] == ["# ours", f"AUTH0_DOMAIN={auth0.domain}", "", "export LOG_FORMAT=json"]
    assert lines[4] == f"MCP_AUTH0_CLIENT_ID={auth0.clients[0]['client_id']}"
    assert f"MCP_AUTH0_CLIENT_SECRET={auth0.secrets[0]}" in lines
    assert f"API_AUTH0_AUDIENCE={API_AUDIENCE}" in lines
    assert stat.S_IMODE(setup.env_file.stat().st_mode) == 0o600
    assert [each.name for each in setup.env_file.parent.glob(".env*")] == [".env"]


def test_the_record_of_what_was_made_is_readable_by_its_owner_only(setup: Setup, auth0: FakeAuth0) -> None:
    setup.run("--yes")
    record = json.loads(setup.made_file.read_text("utf-8"))
    assert [each["kind"] for each in record["made"]] == [
        "api", "api", "client", "client", "grant", "grant", "role", "role",
    ]  # fmt: skip
    assert stat.S_IMODE(setup.made_file.stat().st_mode) == 0o600


def test_a_real_exchange_shows_that_it_works(setup: Setup, auth0: FakeAuth0) -> None:
    result = setup.run("--yes", "--user-token", "-", says=user_token(auth0))
    assert result.code == 0, result.err
    bridge = auth0.clients[0]["client_id"]
    assert f"Exchange for read:private: works; auth0|alice, through {bridge} <- inspector." in result.out


def test_a_user_who_lacks_a_permission_is_not_the_tenants_fault(setup: Setup, auth0: FakeAuth0) -> None:
    setup.run("--yes")
    auth0.deny = {"write:private"}
    file = setup.env_file.with_name("token")
    file.write_text(user_token(auth0), "utf-8")
    result = setup.run("--user-token", str(file))
    assert result.code == 0, result.err
    assert "Exchange for write:private: refused" in result.out
    auth0.deny = {"read:private", "write:private"}
    result = setup.run("--user-token", str(file))
    assert result.code == 1
    assert "The tenant refused to exchange" in result.err


def test_a_token_that_is_not_a_users_for_the_bridge_is_refused_with_a_reason(setup: Setup, auth0: FakeAuth0) -> None:
    setup.run("--yes")
    result = setup.run("--user-token", "-", says=auth0.token())
    assert result.code == 1
    assert "The user's token is not valid for the bridge" in result.err
    assert "cannot be read" in setup.run("--user-token", str(setup.env_file.with_name("missing"))).err


def test_client_credentials_can_replace_the_token(setup: Setup) -> None:
    setup.variables = {
        "AUTH0_MANAGEMENT_TOKEN": "",
        "AUTH0_MANAGEMENT_CLIENT_ID": MANAGER,
        "AUTH0_MANAGEMENT_CLIENT_SECRET": MANAGER_SECRET,
    }
    assert setup.run("--yes").code == 0
    setup.variables["AUTH0_MANAGEMENT_CLIENT_SECRET"] = "wrong"
    assert "gave no Management API token (401)" in setup.run("--plan").err


def test_a_person_at_a_terminal_is_asked_for_a_token_that_is_not_shown(
    auth0: FakeAuth0, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    asked: list[str] = []

    def prompt(question: str) -> str:
        asked.append(question)
        return f" {auth0.management_token()}\n"

    token = management_token(auth0.domain, {}, UpstreamHttp(timeout=1), prompt=prompt)
    assert asked == [f"Management API token for {auth0.domain} (not shown): "]
    assert token.scopes == set(auth0.scopes)
    assert token.value not in repr(token)


def test_with_a_custom_domain_requests_go_to_the_tenants_own_domain(setup: Setup, auth0: FakeAuth0) -> None:
    result = setup.run("--yes", "--domain", "login.example.com", "--management-domain", auth0.domain)
    assert result.code == 0, result.err
    assert "AUTH0_DOMAIN=login.example.com\n" in setup.env_file.read_text("utf-8")
    assert setup.run("--plan", "--management-domain", auth0.domain).code == 0


def test_variables_that_the_environment_overrides_are_reported(setup: Setup, auth0: FakeAuth0) -> None:
    setup.env_file.write_text("MCP_AUTH0_CLIENT_ID=of-another-tenant\n", "utf-8")
    setup.variables = {"MCP_AUTH0_CLIENT_SECRET": "of-somebody"}
    result = setup.run("--yes")
    assert result.code == 0
    assert result.err == (
        f"The environment sets MCP_AUTH0_CLIENT_SECRET to another value, which overrides {setup.env_file}.\n"
    )


def test_every_option_is_applied_and_a_second_run_changes_nothing(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.users = {"ada@example.com": "auth0|ada", "uli@example.com": "auth0|uli"}
    auth0.organizations = [auth0.document("org", name="acme", third_party_client_access="deny")]
    options = (
        "--administrator", "ada@example.com", "--user", "uli@example.com", "--login-client", "--agent-claims",
        "--organization", "acme", "--cimd", "https://client.example/document.json", "--open-registration",
    )  # fmt: skip
    assert setup.run("--yes", *options).code == 0
    assert all(api["agent_subject_claims"] == "auth0-v1" for api in auth0.apis[1:])
    assert auth0.settings["client_id_metadata_document_supported"] is True
    assert auth0.settings["flags"] == {"enable_client_connections": True, "enable_dynamic_client_registration": True}
    assert auth0.organizations[0]["third_party_client_access"] == "allow"
    assert sorted(auth0.members.values()) == [["auth0|ada"], ["auth0|uli"]]
    login = next(each for each in auth0.clients if each["name"] == "Notes API pages")
    assert login["token_endpoint_auth_method"] == "none"
    assert "http://localhost:8787/login/callback" in login["callbacks"]
    assert f"API_LOGIN_CLIENT_ID={login['client_id']}" in setup.env_file.read_text("utf-8")
    assert any(each.get("external_client_id") == "https://client.example/document.json" for each in auth0.clients)
    assert any(each.get("default_for") == "third_party_clients" for each in auth0.grants)
    again = setup.run("--plan", *options)
    assert again.code == 0, again.out


def test_open_registration_is_off_by_default(setup: Setup, auth0: FakeAuth0) -> None:
    setup.run("--yes", "--no-inspector")
    assert auth0.settings["flags"] == {"enable_client_connections": True}
    assert [each["name"] for each in auth0.clients] == ["MCP bridge"]
    assert "CORS_ORIGINS" not in setup.env_file.read_text("utf-8")
