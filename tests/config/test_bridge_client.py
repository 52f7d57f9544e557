"""The variables for the bridge's client authentication: each method works, and each mistake is reported by name."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from config.environment import read_environment
from on_behalf_of.exchange.client_authentication import AuthenticationMethod
from on_behalf_of.mcp.checks import nothing_is_left_of_custom_token_exchange
from tests.config.test_environment import QUICKSTART
from tests.issuer import rsa_key
from tests.rooms import configure

METHOD, SECRET = "MCP_AUTH0_CLIENT_AUTH_METHOD", "MCP_AUTH0_CLIENT_SECRET"
KEY_FILE, KEY_ID = "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE", "MCP_AUTH0_CLIENT_KEY_ID"
BY_KEY = {METHOD: "private_key_jwt", SECRET: ""}


def pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, password: bytes = b"") -> bytes:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "client.pem"
    file.write_bytes(pem(rsa_key("client")))
    return file


@pytest.mark.parametrize("method", ["client_secret_post", "client_secret_basic"])
def test_a_secret_may_go_in_the_body_or_in_a_header(tmp_path: Path, method: str) -> None:
    client = read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path), METHOD: method}).bridge_clients[0]
    assert (client.method, client.secret) == (method, "a-secret")


def test_a_key_takes_the_place_of_the_secret(tmp_path: Path, key_file: Path) -> None:
    variables = QUICKSTART | BY_KEY | {"STATE_DIR": str(tmp_path), KEY_FILE: str(key_file), KEY_ID: "k1"}
    client = read_environment(variables).bridge_clients[0]
    assert client.method is AuthenticationMethod.PRIVATE_KEY_JWT
    assert client.private_key is not None
    assert client.private_key.public_key() == rsa_key("client").public_key()
    assert client.key_id == "k1"


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({METHOD: "none"}, METHOD),
        ({METHOD: "tls_client_auth"}, METHOD),
        (BY_KEY, KEY_FILE),
        (BY_KEY | {KEY_FILE: "client.pem", SECRET: "a-secret"}, SECRET),
        ({KEY_FILE: "client.pem"}, KEY_FILE),
        ({KEY_ID: "k1"}, KEY_ID),
        (BY_KEY | {KEY_FILE: "nowhere.pem"}, KEY_FILE),
        (BY_KEY | {KEY_FILE: "public.pem"}, KEY_FILE),
        (BY_KEY | {KEY_FILE: "encrypted.pem"}, KEY_FILE),
        (BY_KEY | {KEY_FILE: "ed25519.pem"}, KEY_FILE),
        (BY_KEY | {KEY_FILE: "short.pem"}, KEY_FILE),
        (BY_KEY | {KEY_FILE: "empty.pem"}, KEY_FILE),
        ({"MCP_AUTH0_FORWARDED_FOR": "perhaps"}, "MCP_AUTH0_FORWARDED_FOR"),
    ],
)
def test_each_wrong_combination_is_refused_with_the_variables_name(
    tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("public.pem").write_bytes(b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    Path("encrypted.pem").write_bytes(pem(rsa_key("client"), b"password"))
    Path("ed25519.pem").write_bytes(pem(ed25519.Ed25519PrivateKey.generate()))
    Path("short.pem").write_bytes(pem(rsa_key("short", 1024)))
    Path("empty.pem").write_bytes(b"")
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path)} | variables)
    assert str(refusal.value).startswith(f"{name} ")
    assert "a-secret" not in str(refusal.value)


def test_the_local_tenant_does_not_support_client_keys(tmp_path: Path, key_file: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=METHOD):
        read_environment({"STATE_DIR": str(tmp_path), KEY_FILE: str(key_file)} | BY_KEY)


@pytest.mark.parametrize(
    ("variables", "forwards"),
    [
        ({}, True),
        ({"MCP_AUTH0_FORWARDED_FOR": "false"}, False),
        ({"OAUTH_ISSUER": "https://id.example/"}, False),
        ({"OAUTH_ISSUER": "https://id.example/", "MCP_AUTH0_FORWARDED_FOR": "true"}, True),
    ],
)
def test_users_addresses_are_sent_to_auth0_and_to_other_tenants_only_if_configured(
    tmp_path: Path, variables: dict[str, str], forwards: bool
) -> None:
    assert read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path)} | variables).forwards_address is forwards


def test_a_leftover_variable_of_the_older_sample_causes_a_warning(tmp_path: Path, settings: Settings) -> None:
    from config.services import bridge_configuration

    assert nothing_is_left_of_custom_token_exchange() == []
    leftover = {"MCP_AUTH0_SUBJECT_TOKEN_TYPE": "urn:example:token", "STATE_DIR": str(tmp_path)}
    configure(settings, MCP=bridge_configuration(read_environment(QUICKSTART | leftover)))
    assert [each.id for each in nothing_is_left_of_custom_token_exchange()] == ["obo_mcp.W001"]


TWO = {
    "AUTH0_AUDIENCE": "http://localhost:3001/mcp http://localhost:3001/",
    "MCP_AUTH0_CLIENT_ID": "new old",
    SECRET: "of-the-new of-the-old",
}


def test_each_identifier_of_the_bridge_has_the_client_in_the_same_place(tmp_path: Path) -> None:
    environment = read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path)} | TWO)
    assert environment.bridge_audiences == ("http://localhost:3001/mcp", "http://localhost:3001/")
    clients = [(client.client_id, client.secret) for client in environment.bridge_clients]
    assert clients == [("new", "of-the-new"), ("old", "of-the-old")]


def test_clients_that_authenticate_by_key_need_one_key_and_their_ids(tmp_path: Path, key_file: Path) -> None:
    variables = TWO | BY_KEY | {SECRET: "", KEY_FILE: str(key_file), KEY_ID: "k1 k2", "STATE_DIR": str(tmp_path)}
    first, second = read_environment(QUICKSTART | variables).bridge_clients
    assert (first.client_id, first.key_id, second.client_id, second.key_id) == ("new", "k1", "old", "k2")
    assert first.private_key is not None
    assert first.private_key is second.private_key


def test_with_one_client_a_secret_may_contain_spaces(tmp_path: Path) -> None:
    environment = read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path), SECRET: "with a blank"})
    assert [client.secret for client in environment.bridge_clients] == ["with a blank"]


def test_the_local_tenant_gets_a_separate_client_for_each_identifier(tmp_path: Path) -> None:
    own = {"STATE_DIR": str(tmp_path), "AUTH0_AUDIENCE": TWO["AUTH0_AUDIENCE"]}
    first, second = read_environment(own).bridge_clients
    assert (first.client_id, second.client_id) == ("local-mcp-bridge", "local-mcp-bridge-2")
    assert first.secret
    assert second.secret not in {"", first.secret}
    assert read_environment(own).bridge_clients == (first, second)


@pytest.mark.parametrize(
    ("variables", "name"),
    [
        ({"MCP_AUTH0_CLIENT_ID": "only-one"}, "MCP_AUTH0_CLIENT_ID"),
        ({"MCP_AUTH0_CLIENT_ID": "one two three"}, "MCP_AUTH0_CLIENT_ID"),
        ({METHOD: "private_key_jwt", KEY_FILE: "client.pem", SECRET: "", KEY_ID: "one"}, KEY_ID),
        ({SECRET: "only-the-secret"}, SECRET),
        ({"AUTH0_AUDIENCE": "urn:a urn:a"}, "AUTH0_AUDIENCE"),
        ({"API_AUTH0_AUDIENCE": "http://localhost:3001/"}, "API_AUTH0_AUDIENCE"),
        ({"API_LOGIN_CLIENT_ID": "old"}, "API_LOGIN_CLIENT_ID"),
        ({"AUTH0_DOMAIN": "", "DEBUG": "true", "MCP_AUTH0_CLIENT_ID": "same same"}, "MCP_AUTH0_CLIENT_ID"),
    ],
)
def test_mismatched_identifiers_and_clients_are_refused_with_the_variables_name(
    tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImproperlyConfigured) as refusal:
        read_environment(QUICKSTART | {"STATE_DIR": str(tmp_path)} | TWO | variables)
    assert str(refusal.value).startswith(f"{name} ")
    assert "only-the-secret" not in str(refusal.value)
