"""As docs/auth0.md says: the quickstart's API and client stay, and a new pair is made next to them."""

from dataclasses import replace

import pytest
from pytest_django import Settings

from config.env_file import assignments
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE

QUICKSTART = "http://localhost:3001/"
CLIENT_ID = "MCP_AUTH0_CLIENT_ID"


@pytest.fixture
def of_the_quickstart(setup: Setup, settings: Settings) -> Setup:
    """Set up a tenant with the origin as the bridge's identifier."""
    default = settings.ENVIRONMENT
    settings.ENVIRONMENT = replace(default, bridge_audiences=(QUICKSTART,))
    assert setup.run("--yes").code == 0
    settings.ENVIRONMENT = default
    return setup


def exchange(setup: Setup, auth0: FakeAuth0, audience: str) -> str:
    """Run the trial exchange of a user's token for `audience`, with the `.env` file of `setup`."""
    result = setup.run("--yes", "--user-token", "-", says=auth0.token(aud=audience, scope="tool:greet"))
    assert result.code == 0, result.err
    return result.out


def test_the_new_identifier_gets_its_own_api_and_client_and_the_old_ones_stay(
    of_the_quickstart: Setup, auth0: FakeAuth0, settings: Settings
) -> None:
    before, old = auth0.contents(), assignments(of_the_quickstart.env_file)
    beside = replace(of_the_quickstart, env_file=of_the_quickstart.env_file.with_name(".env.new"))
    beside.env_file.touch()
    assert beside.run("--yes").code == 0
    new = assignments(beside.env_file)
    assert (old["AUTH0_AUDIENCE"], new["AUTH0_AUDIENCE"]) == (QUICKSTART, BRIDGE_AUDIENCE)
    assert assignments(of_the_quickstart.env_file) == old
    linked = {each["client_id"]: each.get("resource_server_identifier") for each in auth0.clients}
    assert (linked[old[CLIENT_ID]], linked[new[CLIENT_ID]]) == (QUICKSTART, BRIDGE_AUDIENCE)
    assert {QUICKSTART, BRIDGE_AUDIENCE, API_AUDIENCE} <= {each["identifier"] for each in auth0.apis}
    assert [each for each in before["grants"] if each not in auth0.grants] == []
    assert f"through {new[CLIENT_ID]} <- inspector" in exchange(beside, auth0, BRIDGE_AUDIENCE)
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, bridge_audiences=(QUICKSTART,))
    assert f"through {old[CLIENT_ID]} <- inspector" in exchange(of_the_quickstart, auth0, QUICKSTART)


def test_several_identifiers_at_once_are_refused_with_a_remedy(setup: Setup, settings: Settings) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, bridge_audiences=(BRIDGE_AUDIENCE, QUICKSTART))
    result = setup.run("--yes")
    assert result.code == 1
    assert "one at a time" in result.err
    assert "docs/auth0.md" in result.err
