"""ON_BEHALF_OF from the environment, in one call."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.cache.backends.locmem import LocMemCache
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from on_behalf_of.audit.configuration import Sealing, audit_configuration
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.environment import caches_from_environment, from_environment
from on_behalf_of.environment.setting_from_environment import KEYS
from on_behalf_of.mcp import ToolRegistry, mcp_app
from on_behalf_of.mcp.configuration import bridge_configuration
from tests.issuer import rsa_key

API = {"AUTH0_DOMAIN": "tenant.example", "API_AUTH0_AUDIENCE": "notes", "API_BASE_URL": "https://api.example/"}
MCP = API | {
    "MCP_SERVER_URL": "https://mcp.example",
    "MCP_AUTH0_CLIENT_ID": "bridge",
    "MCP_AUTH0_CLIENT_SECRET": "not-to-be-shown",
    "MCP_AUTH0_EXCHANGE_SCOPE": "read:private write:private",
}


def test_an_api_is_configured_by_the_quickstarts_names(settings: Settings) -> None:
    variables = API | {"API_REQUIRE_DELEGATION": "true", "API_TRUSTED_ACTORS": "a, b", "AUDIT_SEALING": "thread"}
    settings.ON_BEHALF_OF = from_environment(variables, API={"NAME": "Notes"})
    configuration = api_configuration()
    assert configuration.token_rules.issuer == "https://tenant.example/"
    assert configuration.resource.base_url == "https://api.example"
    assert configuration.resource.name == "Notes"
    assert configuration.policy.require_delegation
    assert configuration.policy.trusted_actors == {"a", "b"}
    assert audit_configuration().sealing is Sealing.THREAD
    assert "MCP" not in settings.ON_BEHALF_OF


def test_a_bridge_is_configured_as_well_once_it_has_a_client(settings: Settings) -> None:
    settings.ON_BEHALF_OF = from_environment(MCP)
    configuration = bridge_configuration()
    assert configuration.token_rules.audience == "https://mcp.example/mcp"
    assert configuration.downstream_rules.audience == "notes"
    assert configuration.default_exchange_scope == ("read:private", "write:private")
    assert configuration.clients[0].client_id == "bridge"
    assert "not-to-be-shown" not in repr(configuration)


def test_a_clients_key_takes_the_place_of_its_secret(settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "client.pem"
    file.write_bytes(rsa_key("client").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    by_key = {
        "MCP_AUTH0_CLIENT_SECRET": "",
        "MCP_AUTH0_CLIENT_AUTH_METHOD": "private_key_jwt",
        "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE": str(file),
        "MCP_AUTH0_CLIENT_KEY_ID": "k1",
    }
    settings.ON_BEHALF_OF = from_environment(MCP | by_key)
    (client,) = bridge_configuration().clients
    assert client.private_key is not None
    assert client.private_key.public_key() == rsa_key("client").public_key()
    assert client.proof("https://tenant.example/").form["client_assertion"]
    file.write_text("no key")
    for changes, name in (
        ({"MCP_AUTH0_CLIENT_SECRET": "s"}, "MCP_AUTH0_CLIENT_SECRET must not be set"),
        ({"MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE": ""}, "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE is missing"),
        ({"MCP_AUTH0_CLIENT_AUTH_METHOD": ""}, "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE has no effect"),
        ({}, "MCP_AUTH0_CLIENT_PRIVATE_KEY_FILE must name a readable PEM file"),
    ):
        settings.ON_BEHALF_OF = from_environment(MCP | by_key | changes)
        with pytest.raises(ImproperlyConfigured, match=f"^{name}"):
            bridge_configuration()


def test_processes_share_a_cache_that_is_encrypted(settings: Settings) -> None:
    assert caches_from_environment({}) == {}
    key = base64.urlsafe_b64encode(b"k" * 32).decode()
    shared = {"CACHE_URL": "redis://cache.example", "CACHE_ENCRYPTION_KEYS": key, "CACHE_KEY_PREFIX": "shop"}
    caches = caches_from_environment(MCP | shared)
    assert caches["shared"]["LOCATION"] == ["redis://cache.example"]
    assert caches["shared"]["KEY_PREFIX"] == "shop"
    settings.ON_BEHALF_OF = from_environment(MCP | shared)
    assert bridge_configuration().cache_keys == (b"k" * 32,)
    settings.ON_BEHALF_OF = from_environment(MCP, MCP={"CACHE_KEYS": [b"short"]})
    with pytest.raises(ImproperlyConfigured, match=r'CACHE_KEYS"\] must be a list of keys of 32 bytes'):
        bridge_configuration()
    settings.ON_BEHALF_OF = from_environment(MCP)
    with pytest.raises(ImproperlyConfigured, match=r"CACHE_KEYS.* is missing"):
        mcp_app(ToolRegistry([]), shared_cache=LocMemCache("shared", {}))
    with pytest.raises(ImproperlyConfigured, match=r"^CACHE_ENCRYPTION_KEYS is missing"):
        caches_from_environment({"CACHE_URL": "redis://cache.example"})


@pytest.mark.parametrize(
    ("changes", "forwards"),
    [
        ({}, True),
        ({"MCP_AUTH0_FORWARDED_FOR": "false"}, False),
        ({"OAUTH_ISSUER": "https://tenant.example/"}, False),
        ({"OAUTH_ISSUER": "https://tenant.example/", "MCP_AUTH0_FORWARDED_FOR": "true"}, True),
    ],
)
def test_users_addresses_are_sent_to_auth0_and_to_other_tenants_only_if_a_variable_says_so(
    settings: Settings, changes: dict[str, str], forwards: bool
) -> None:
    settings.ON_BEHALF_OF = from_environment(MCP | changes)
    assert bridge_configuration().forwards_address is forwards


def test_declared_defaults_are_the_actual_defaults(settings: Settings) -> None:
    """docs/configuration.md is right for projects, too."""
    rooms = (api_configuration, audit_configuration, bridge_configuration)
    settings.ON_BEHALF_OF = from_environment(MCP)
    unset = [room() for room in rooms]
    defaults = {variable.name: variable.default for keys in KEYS.values() for variable in keys.values()}
    assert len([each for each in defaults.values() if each]) > 10
    settings.ON_BEHALF_OF = from_environment(defaults | MCP)
    assert [room() for room in rooms] == unset


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"AUTH0_DOMAIN": ""}, "OAUTH_ISSUER is missing."),
        ({"API_AUTH0_AUDIENCE": " "}, "API_AUTH0_AUDIENCE is missing."),
        ({"API_BASE_URL": "http://api.example"}, "API_BASE_URL must be an https URL, or an http URL on loopback."),
    ],
)
def test_a_mistake_that_a_package_finds_is_reported_with_the_variables_name(
    settings: Settings, changes: dict[str, str], sentence: str
) -> None:
    settings.ON_BEHALF_OF = from_environment(API | changes)
    with pytest.raises(ImproperlyConfigured) as mistake:
        api_configuration()
    assert str(mistake.value) == sentence


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"AUTH0_DOMAIN": "https://tenant.example"}, "AUTH0_DOMAIN must be the tenant's host name only"),
        ({"API_REQUIRE_DELEGATION": "maybe"}, "API_REQUIRE_DELEGATION must be true or false."),
        ({"API_TRUSTED_ACTORS": "*"}, "API_TRUSTED_ACTORS must be client ids and agent ids of at most"),
        ({"JWKS_MAX_AGE": "long"}, "JWKS_MAX_AGE must be a number from 1 to 86400."),
        ({"AUDIT_SEALING": "never"}, "AUDIT_SEALING must be thread or command."),
        ({"API_AUTH0_AUDIENCE": "\u200b"}, "API_AUTH0_AUDIENCE contains only invisible characters"),
    ],
)
def test_a_value_of_the_wrong_kind_stops_the_start(changes: dict[str, str], problem: str) -> None:
    with pytest.raises(ImproperlyConfigured) as mistake:
        from_environment(API | changes)
    assert str(mistake.value).startswith(problem)
    assert str(mistake.value).endswith("Set it in the environment or in .env.")


def test_a_mistake_in_the_projects_own_setting_is_reported_with_its_key(settings: Settings) -> None:
    settings.ON_BEHALF_OF = from_environment(API, API={"AUDIENCE": "a b"})
    with pytest.raises(ImproperlyConfigured, match=r'^ON_BEHALF_OF\["API"\]\["AUDIENCE"\] must be one identifier'):
        api_configuration()
