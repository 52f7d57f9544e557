"""`--destroy` removes what this command made, and nothing else."""

import json

import pytest

from tests.auth0_setup.answers import problem
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE
from tests.loopback_server import Reply


def test_everything_made_is_removed_and_everything_else_stays(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.users = {"ada@example.com": "auth0|ada", "bea@example.com": "auth0|bea"}
    auth0.apis.append(auth0.document("api", identifier=API_AUDIENCE, name="Theirs", scopes=[{"value": "read:private"}]))
    role = auth0.document("rol", name="Tool User", description="Theirs")
    auth0.roles.append(role)
    auth0.permissions[role["id"]] = [(API_AUDIENCE, "read:private")]
    auth0.members[role["id"]] = ["auth0|bea"]
    auth0.clients.append({"client_id": "theirs", "name": "MCP Inspector", "app_type": "native"})
    options = ("--user", "ada@example.com", "--user", "bea@example.com", "--login-client")
    assert setup.run("--yes", *options).code == 0
    assert auth0.members[role["id"]] == ["auth0|bea", "auth0|ada"]

    result = setup.run("--destroy", says="yes\n")
    assert result.code == 0, result.err
    assert [each["name"] for each in auth0.apis] == ["Auth0 Management API", "Theirs"]
    assert [each["client_id"] for each in auth0.clients] == ["theirs"]
    assert (auth0.grants, auth0.roles) == ([], [role])
    assert auth0.permissions == {role["id"]: [(API_AUDIENCE, "read:private")]}
    assert auth0.members == {role["id"]: ["auth0|bea"]}
    assert auth0.settings["resource_parameter_profile"] == "compatibility"
    assert not setup.made_file.exists()
    lines = setup.env_file.read_text("utf-8").splitlines()
    assert {"MCP_AUTH0_CLIENT_ID=", "MCP_AUTH0_CLIENT_SECRET=", "API_LOGIN_CLIENT_ID="} < set(lines)
    assert "Nothing to remove" in setup.run("--destroy").out


def test_an_object_whose_creation_got_no_answer_is_removed_too(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.losing = lambda method, path: Reply(502) if (method, path) == ("POST", "clients") else None
    assert setup.run("--yes").code == 1
    assert len(auth0.clients) == 1
    result = setup.run("--destroy", "--yes")
    assert 'removed: client "MCP bridge"' in result.out
    assert (len(auth0.apis), auth0.clients) == (1, [])


def test_an_object_that_was_never_made_is_not_reported_as_removed(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.failing = lambda method, path: Reply(502) if (method, path) == ("POST", "clients") else None
    assert setup.run("--yes").code == 1
    auth0.failing = lambda _method, _path: None
    result = setup.run("--destroy", "--yes")
    assert 'not found, perhaps never made: client "MCP bridge"' in result.out
    assert not setup.made_file.exists()


def test_an_object_that_somebody_else_made_after_a_refusal_is_left_alone(setup: Setup, auth0: FakeAuth0) -> None:
    auth0.failing = lambda method, path: (
        problem(400, "Bad Request", "no") if (method, path) == ("POST", "resource-servers") else None
    )
    assert setup.run("--yes").code == 1
    auth0.failing = lambda _method, _path: None
    auth0.apis.append(auth0.document("api", identifier=API_AUDIENCE, name="Theirs"))
    auth0.apis.append(auth0.document("api", identifier=BRIDGE_AUDIENCE, name="Theirs too"))
    assert setup.run("--yes").code == 0
    assert setup.run("--destroy", "--yes").code == 0
    assert [each["name"] for each in auth0.apis[1:]] == ["Theirs", "Theirs too"]


def test_it_asks_first(already_set_up: Setup, auth0: FakeAuth0) -> None:
    result = already_set_up.run("--destroy", says="no\n")
    assert result.code == 1
    assert '- client "MCP bridge"' in result.out
    assert auth0.changes == []


def test_an_object_that_is_already_gone_does_not_stop_the_removal(already_set_up: Setup, auth0: FakeAuth0) -> None:
    auth0.roles.clear()
    auth0.clients.pop()
    result = already_set_up.run("--destroy", "--yes")
    assert result.code == 0, result.err
    assert 'already gone: role "Tool User"' in result.out
    assert (len(auth0.apis), auth0.clients, auth0.grants) == (1, [], [])


@pytest.mark.parametrize("left", range(1, 8))
def test_a_failure_in_the_middle_leaves_the_rest_on_record(already_set_up: Setup, auth0: FakeAuth0, left: int) -> None:
    setup = already_set_up
    counted = iter(range(left))
    auth0.failing = lambda method, _path: (
        problem(500, "Internal Server Error", "no") if method == "DELETE" and next(counted, None) is None else None
    )
    assert setup.run("--destroy", "--yes").code == 1
    assert len(json.loads(setup.made_file.read_text("utf-8"))["made"]) == 8 - left
    auth0.failing = lambda _method, _path: None
    assert setup.run("--destroy", "--yes").code == 0
    assert (len(auth0.apis), auth0.clients, auth0.grants, auth0.roles) == (1, [], [], [])


def test_without_a_place_for_the_record_nothing_is_made(setup: Setup, auth0: FakeAuth0) -> None:
    setup.state_dir.mkdir()
    setup.made_file.parent.write_text("in the way", "utf-8")
    result = setup.run("--yes")
    assert result.code == 1
    assert f"{setup.made_file} cannot be" in result.err
    assert len(auth0.apis) == 1


def test_a_broken_record_is_reported_before_any_change(setup: Setup, auth0: FakeAuth0) -> None:
    setup.made_file.parent.mkdir(parents=True)
    setup.made_file.write_text('{"made": [', "utf-8")
    for arguments in (["--yes"], ["--destroy", "--yes"]):
        result = setup.run(*arguments)
        assert (result.code, auth0.changes) == (1, [])
        assert f"{setup.made_file} cannot be read." in result.err
