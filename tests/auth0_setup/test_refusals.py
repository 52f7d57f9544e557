"""Errors that stop the setup before any change: each is one sentence that says what to do."""

import socket
import sys
import time
import tomllib

import pytest

from config.environment import BASE_DIR
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.loopback_server import Reply


def refusal(setup: Setup, *arguments: str) -> str:
    result = setup.run("--yes", *arguments)
    assert result.code == 1, result.out
    assert setup.auth0.changes == []
    assert len(result.err.splitlines()) == 1, result.err
    return result.err


def test_missing_credentials_are_refused(setup: Setup) -> None:
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": ""}
    assert refusal(setup).startswith("Set AUTH0_MANAGEMENT_TOKEN, or AUTH0_MANAGEMENT_CLIENT_ID and ")


def test_a_value_that_is_not_a_jwt_is_refused(setup: Setup) -> None:
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": "hunter2"}
    assert refusal(setup) == "The Management API token is not a JWT. Copy the whole token, and nothing else."


def test_an_expired_management_token_is_refused(setup: Setup, auth0: FakeAuth0) -> None:
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": auth0.management_token(exp=int(time.time()) - 1)}
    assert refusal(setup) == "The Management API token has expired. Get a new one."


def test_a_token_of_another_tenant_is_refused(setup: Setup, auth0: FakeAuth0) -> None:
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": auth0.management_token(aud="https://other.auth0.com/api/v2/")}
    assert f"is not for {auth0.domain}" in refusal(setup)


def test_a_token_that_the_tenant_does_not_accept_is_refused(setup: Setup, auth0: FakeAuth0) -> None:
    forged = auth0.management_token()
    auth0.rotate("another")
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": forged}
    assert "does not accept the Management API token" in refusal(setup)


def test_all_missing_scopes_are_named_before_any_change(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.scopes = tuple(each for each in auth0.scopes if each not in {"create:roles", "create:client_grants"})
    assert refusal(setup) == (
        "The Management API token lacks the scopes create:client_grants, create:roles. Nothing was changed. Add the "
        "scopes, and get a new token."
    )
    auth0.scopes = ("read:clients",)
    assert "lacks the scopes read:client_grants, read:connections, read:resource_servers" in refusal(setup)


def test_a_plan_needs_only_read_scopes(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.scopes = tuple(each for each in auth0.scopes if each.startswith("read:"))
    assert setup.run("--plan").code == 2


def test_a_host_that_does_not_answer_is_reported(setup: Setup, auth0: FakeAuth0) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    domain = f"127.0.0.1:{port}"
    setup.variables = {"AUTH0_MANAGEMENT_TOKEN": auth0.management_token(aud=f"https://{domain}/api/v2/")}
    assert f"{domain} cannot be reached. Check that it is your tenant's domain" in refusal(setup, "--domain", domain)
    setup.variables = {
        "AUTH0_MANAGEMENT_TOKEN": "", "AUTH0_MANAGEMENT_CLIENT_ID": "a", "AUTH0_MANAGEMENT_CLIENT_SECRET": "b",
    }  # fmt: skip
    assert f"{domain} cannot be reached" in refusal(setup, "--domain", domain)


def test_an_untrusted_certificate_is_refused(setup: Setup, auth0: FakeAuth0) -> None:
    setup.variables = {"UPSTREAM_CA_FILE": ""}
    assert f"{auth0.domain} cannot be reached" in refusal(setup)


def test_a_host_that_is_not_a_tenant_is_reported(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.failing = lambda _method, _path: Reply(404, b"<html>Not found</html>")
    assert "has no Management API. Check that it is your tenant's domain" in refusal(setup)
    auth0.failing = lambda _method, _path: Reply(200, b"<html>Welcome</html>")
    assert "is not the Management API's. Check the domain" in refusal(setup)


@pytest.mark.parametrize(
    ("variables", "arguments", "sentence"),
    [
        ({}, ["--domain", "https://example.eu.auth0.com/"], "A domain must be the tenant's host name only"),
        (
            {"AUTH0_DOMAIN": "other.auth0.com"},
            ["--domain", "example.auth0.com"],
            "AUTH0_DOMAIN and --domain differ",
        ),
        ({"OAUTH_ISSUER": "https://other.example/"}, [], "OAUTH_ISSUER overrides AUTH0_DOMAIN"),
        ({}, ["--management-domain", "evil.example/?x"], "A domain must be the tenant's host name only"),
        ({}, ["--connection", "Google"], "The tenant has no connection Google"),
        ({}, ["--user", "nobody@example.com"], "The tenant has no user with the address nobody@example.com"),
        ({}, ["--organization", "acme"], "The tenant has no organization acme"),
        ({}, ["--json"], "--json needs --plan."),
        ({}, ["--destroy", "--user-token", "-"], "--user-token tries out the setup"),
    ],
)
def test_contradictory_options_are_refused(
    setup: Setup, variables: dict[str, str], arguments: list[str], sentence: str
) -> None:
    setup.variables = variables
    assert refusal(setup, *arguments).startswith(sentence)


def test_without_the_extra_it_says_what_to_install(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "operations.auth0.management_api", raising=False)
    monkeypatch.setitem(sys.modules, "auth0", None)
    monkeypatch.setitem(sys.modules, "auth0.management", None)
    (package,) = tomllib.loads((BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"][
        "auth0"
    ]
    assert refusal(setup) == (
        f"auth0_setup needs one more package. Install it: {sys.executable} -m pip install '{package}'"
    )
