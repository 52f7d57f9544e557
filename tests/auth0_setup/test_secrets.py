"""The client's secret is written only to .env, and the Management API's credentials are written nowhere."""

import logging

import pytest
from cryptography.hazmat.primitives import serialization

from tests.auth0_setup.answers import answer
from tests.auth0_setup.conftest import Setup
from tests.auth0_setup.fake_auth0 import FakeAuth0
from tests.auth0_setup.token_endpoint import MANAGER, MANAGER_SECRET
from tests.issuer import BRIDGE_AUDIENCE, rsa_key
from tests.loopback_server import Reply


def test_a_lost_secret_is_replaced_after_asking(setup: Setup, auth0: FakeAuth0) -> None:
    setup.run("--yes")
    setup.env_file.unlink()
    result = setup.run("--yes")
    assert result.code == 1
    assert "give --rotate-secret" in result.err
    assert '! secret of client "MCP bridge"' in result.out
    assert len(auth0.secrets) == 2  # the bridge's, and that of Inspector's client, which has no use for one

    declined = setup.run(says="yes\nno\n")
    assert (declined.code, len(auth0.secrets)) == (1, 2)
    assert "Anything that still uses the old one stops working." in declined.out

    assert setup.run(says="yes\nyes\n").code == 0
    assert f"MCP_AUTH0_CLIENT_SECRET={auth0.secrets[2]}\n" in setup.env_file.read_text("utf-8")
    setup.env_file.unlink()
    assert setup.run("--yes", "--rotate-secret").code == 0
    assert f"MCP_AUTH0_CLIENT_SECRET={auth0.secrets[3]}\n" in setup.env_file.read_text("utf-8")


def test_a_client_that_signs_with_a_key_needs_no_secret(setup: Setup, auth0: FakeAuth0) -> None:
    key_file = setup.env_file.with_name("key.pem")
    pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key_file.write_bytes(rsa_key("client").private_bytes(*pem))
    setup.variables = {
        "MCP_AUTH0_CLIENT_AUTH_METHOD": "private_key_jwt", "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE": str(key_file),
    }  # fmt: skip
    result = setup.run("--yes")
    assert result.code == 0, result.err
    assert "MCP_AUTH0_CLIENT_SECRET" not in setup.env_file.read_text("utf-8")
    assert "token_endpoint_auth_method" not in auth0.clients[0]
    assert setup.run("--plan").code == 0


def test_no_secret_appears_in_the_output_or_in_the_record(
    setup: Setup, auth0: FakeAuth0, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    setup.variables = {
        "AUTH0_MANAGEMENT_TOKEN": "",
        "AUTH0_MANAGEMENT_CLIENT_ID": MANAGER,
        "AUTH0_MANAGEMENT_CLIENT_SECRET": MANAGER_SECRET,
    }
    token = auth0.token(aud=BRIDGE_AUDIENCE, scope="tool:greet")
    said = ""
    for arguments in (
        ["--plan"], ["--plan", "--json"], ["--yes"], ["--yes", "--user-token", "-"], ["--plan"], ["--emit", "cli"],
    ):  # fmt: skip
        said += setup.run(*arguments, says=token).everything
    record = setup.made_file.read_text("utf-8")
    setup.env_file.unlink()
    for arguments in (["--yes"], ["--yes", "--rotate-secret"], ["--plan", "--json"], ["--destroy", "--yes"]):
        said += setup.run(*arguments).everything
    captured = capfd.readouterr()
    everything = said + record + captured.out + captured.err + caplog.text
    issued = [each for each in auth0.tokens if each in everything]
    assert issued == []
    assert [each for each in (*auth0.secrets, MANAGER_SECRET, token) if each in everything] == []
    assert auth0.listed_secrets is False
    assert len(auth0.secrets) == 3
    assert len(auth0.tokens) > 10


@pytest.mark.parametrize("echo", ["message", "document"])
def test_a_broken_answer_that_holds_a_secret_is_not_quoted(
    setup: Setup, auth0: FakeAuth0, echo: str, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    secret = "x7Lq0vWm3nB8sD5kF2hJ9aPzR4tY6uE1xC0iO3gN7bQ5wS8d"

    def broken(method: str, path: str) -> Reply | None:
        if (method, path) != ("POST", "clients"):
            return None
        if echo == "message":
            return answer(400, {"statusCode": 400, "message": f"client_secret {secret} is bad"})
        return answer(201, {"client_secret": secret, "client_id": {"not": "text"}, "callbacks": 7})

    auth0.failing = broken
    result = setup.run("--yes")
    captured = capfd.readouterr()
    assert result.code == 1
    assert secret not in result.everything + captured.out + captured.err + caplog.text
