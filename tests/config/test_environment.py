"""The environment is read once, and any mistake stops the start with one sentence that names the variable."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from config.environment import Environment, read_environment
from config.services import api_configuration, tenant_configuration
from on_behalf_of.exchange.exchange_target import ExchangeTarget
from on_behalf_of.resource_server.access_token import TokenDialect

# As Auth0's quickstart has its readers write it, with a domain filled in.
QUICKSTART = {
    "AUTH0_DOMAIN": "example-tenant.us.auth0.com",
    "AUTH0_AUDIENCE": "http://localhost:3001/",
    "PORT": "3001",
    "MCP_SERVER_URL": "http://localhost:3001",
    "MCP_AUTH0_CLIENT_ID": "abc123",
    "MCP_AUTH0_CLIENT_SECRET": "a-secret",
    "MCP_AUTH0_EXCHANGE_SCOPE": "read:private",
    "API_AUTH0_AUDIENCE": "http://localhost:8787/",
    "API_BASE_URL": "http://localhost:8787",
    "DEBUG": "false",
    "CORS_ORIGINS": "*",
}


@pytest.fixture
def state(tmp_path: Path) -> dict[str, str]:
    return {"STATE_DIR": str(tmp_path)}


def read(state: dict[str, str], **variables: str) -> Environment:
    return read_environment(state | variables)


def test_an_empty_environment_means_the_local_tenant(state: dict[str, str]) -> None:
    environment = read(state)
    assert environment.is_local
    assert environment.debug
    assert environment.issuer == "http://localhost:9000/"
    assert (environment.bridge_audience, environment.api_audience) == (
        "http://localhost:3001/mcp",  # what clients call (RFC 9728 §3.3)
        "http://localhost:8787/",
    )
    assert environment.bridge_clients[0].client_id
    assert environment.bridge_clients[0].secret


def test_the_local_tenant_accepts_client_documents_only_if_configured(state: dict[str, str], tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.touch()
    assert not tenant_configuration(read(state)).client_documents
    assert tenant_configuration(read(state, LOCAL_TENANT_CIMD="true")).client_documents
    assert tenant_configuration(read(state, LOCAL_TENANT_CIMD_CA=str(ca))).client_documents
    assert not tenant_configuration(
        read(state, LOCAL_TENANT_CIMD_CA=str(ca), LOCAL_TENANT_CIMD="false")
    ).client_documents


def test_the_quickstarts_variables_are_accepted_unchanged(state: dict[str, str]) -> None:
    environment = read(state, **QUICKSTART)
    assert environment.issuer == "https://example-tenant.us.auth0.com/"
    assert not environment.is_local
    assert not environment.debug
    assert environment.exchange_scope == ("read:private",)
    assert environment.cors_origins == ("*",)


def test_identifiers_keep_their_trailing_slash_and_base_urls_lose_it(state: dict[str, str]) -> None:
    environment = read(state, **QUICKSTART | {"API_BASE_URL": "http://localhost:8787/"})
    assert environment.api_url == "http://localhost:8787"
    assert environment.api_audience == "http://localhost:8787/"


def test_a_configured_issuer_is_kept_exactly(state: dict[str, str]) -> None:
    """RFC 8414 §3.3: issuers are compared without any normalisation."""
    environment = read(state, **QUICKSTART | {"OAUTH_ISSUER": "https://id.example/realms/A"})
    assert environment.issuer == "https://id.example/realms/A"


LOOPBACK = {
    **QUICKSTART,
    "DEBUG": "true",
    "AUTH0_DOMAIN": "",
}


@pytest.mark.parametrize(
    ("issuer", "is_local"),
    [
        ("http://localhost:9001/", True),
        ("http://127.0.0.1:9001", True),
        ("http://[::1]:9001/", True),
        ("http://localhost:8080/realms/acme", False),  # Keycloak
        ("http://127.0.0.1:8080/realms/acme/", False),
        ("https://localhost:8443/", False),
        ("https://id.example/", False),
    ],
)
def test_with_debug_on_only_a_bare_http_origin_on_loopback_is_the_local_tenant(
    state: dict[str, str], issuer: str, is_local: bool
) -> None:
    assert read(state, **LOOPBACK | {"OAUTH_ISSUER": issuer}).is_local is is_local
    assert not read(state, **LOOPBACK | {"OAUTH_ISSUER": issuer, "DEBUG": "false"}).is_local


def test_another_tenant_on_loopback_can_be_configured(state: dict[str, str]) -> None:
    mine = {**LOOPBACK, "OAUTH_ISSUER": "http://localhost:8080", "LOCAL_TENANT": "false"}
    environment = read(state, **mine)
    assert not environment.is_local
    assert environment.api_login_client_id == ""
    with pytest.raises(ImproperlyConfigured, match=r"AUTH0_AUDIENCE is missing"):
        read(state, **mine | {"AUTH0_AUDIENCE": ""})


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        (
            {"LOCAL_TENANT": "true", "OAUTH_ISSUER": "http://localhost:8080/realms/acme", "DEBUG": "true"},
            "OAUTH_ISSUER",
        ),
        ({"LOCAL_TENANT": "true", "OAUTH_ISSUER": "https://id.example/", "DEBUG": "true"}, "OAUTH_ISSUER"),
        ({"LOCAL_TENANT": "true", "AUTH0_DOMAIN": "example.eu.auth0.com"}, "OAUTH_ISSUER"),
        ({"LOCAL_TENANT": "true", "OAUTH_ISSUER": "http://localhost:9001/"}, "DEBUG"),
        ({"LOCAL_TENANT": "false"}, "OAUTH_ISSUER"),
        ({"LOCAL_TENANT": "maybe"}, "LOCAL_TENANT"),
    ],
)
def test_contradictions_to_local_tenant_are_refused_with_the_variables_name(
    state: dict[str, str], variables: dict[str, str], named: str
) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(state, **variables)
    assert str(refusal.value).startswith(named)


def test_debug_is_off_as_soon_as_a_tenant_is_configured(state: dict[str, str]) -> None:
    assert not read(state, **{name: value for name, value in QUICKSTART.items() if name != "DEBUG"}).debug


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("AUTH0_DOMAIN", "https://example.auth0.com"),
        ("AUTH0_DOMAIN", "<your-domain>"),
        ("AUTH0_DOMAIN", "example.auth0.com/path"),
        ("OAUTH_ISSUER", "http://id.example/"),
        ("OAUTH_ISSUER", "ftp://id.example/"),
        ("OAUTH_ISSUER", "https://user:secret@id.example/"),
        ("OAUTH_ISSUER", "https://id.example/?a=b"),
        ("OAUTH_ISSUER", "https://id.example:99999/"),
        ("PORT", "http"),
        ("PORT", "0"),
        ("PORT", "70000"),
        ("MCP_SERVER_URL", "localhost:3001"),
        ("API_BASE_URL", "http://"),
        ("AUTH0_AUDIENCE", ""),
        ("API_AUTH0_AUDIENCE", ""),
        ("API_AUTH0_AUDIENCE", "two words"),
        ("MCP_AUTH0_EXCHANGE_SCOPE", 'read:"private"'),
        ("MCP_AUTH0_EXCHANGE_TARGET", "both"),
        ("TOKEN_DIALECTS", "saml"),
        ("JWKS_MAX_AGE", "soon"),
        ("JWKS_MAX_AGE", "nan"),
        ("JWKS_REFETCH_COOLDOWN", "-1"),
        ("JWKS_MAX_STALE", "-1"),
        ("JWKS_MAX_STALE", "for ever"),
        ("UPSTREAM_TIMEOUT", "inf"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("DEBUG", "maybe"),
        ("CORS_ORIGINS", "https://app.example/path"),
        ("UPSTREAM_CA_FILE", "/nowhere/ca.pem"),
        ("LOCAL_TENANT_CIMD", "sometimes"),
        ("LOCAL_TENANT_CIMD_CA", "/nowhere/ca.pem"),
        ("SECRET_KEY", "line\nbreak"),
        ("SECRET_KEY", "short"),
        ("MCP_SERVER_URL", "http://localhost:3001/mcp"),
        ("API_AUTH0_AUDIENCE", "http://localhost:3001/"),  # the bridge's own
        ("API_LOGIN_CLIENT_ID", "two words"),
        ("API_LOGIN_CLIENT_ID", "abc123"),  # the bridge's own, which has a secret
        ("PORT", "9" * 5_000),
        ("AUTH0_DOMAIN", "example.auth0.com:99999"),
    ],
)
def test_a_wrong_value_is_refused_with_the_variables_name(state: dict[str, str], variable: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(state, **QUICKSTART | {variable: value})
    sentence = str(refusal.value)
    assert sentence.startswith(variable)
    assert "\n" not in sentence
    assert not value or value not in sentence  # it may be a secret in the wrong place


@pytest.mark.parametrize("identifier", ["notes-api", "https://api.example/#notes", "https:"])
def test_a_resource_must_be_an_absolute_uri(state: dict[str, str], identifier: str) -> None:
    """RFC 8707 §2, which also forbids a fragment."""
    variables = QUICKSTART | {"API_AUTH0_AUDIENCE": identifier}
    assert read(state, **variables).exchange_target is ExchangeTarget.AUDIENCE
    with pytest.raises(ImproperlyConfigured, match=r"^API_AUTH0_AUDIENCE must be an absolute URI"):
        read(state, **variables, MCP_AUTH0_EXCHANGE_TARGET="resource")


def test_login_to_the_apis_pages_is_on_with_the_local_tenant_and_otherwise_only_with_a_client(
    state: dict[str, str],
) -> None:
    assert api_configuration(read(state)).login
    assert api_configuration(read(state, **QUICKSTART)).login is None
    login = api_configuration(read(state, **QUICKSTART, API_LOGIN_CLIENT_ID="public-client")).login
    assert login
    assert (login.client_id, login.redirect_uri) == ("public-client", "http://localhost:8787/login/callback")
    assert str(login.session_key) not in repr(login)


def test_without_debug_there_is_no_local_tenant(state: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured, match="OAUTH_ISSUER is missing"):
        read(state, DEBUG="false")


@pytest.mark.parametrize("line", ["AUTH0_DOMAIN = example.auth0.com", "what", "MCP_AUTH0_CLIENT_SECRET s3cret"])
def test_a_malformed_line_of_the_env_file_is_reported_by_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.env"
    file.write_text(f"# a comment\nPORT=3001\n{line}\n")
    monkeypatch.setenv("ENV_FILE", str(file))
    with pytest.raises(ImproperlyConfigured, match="line 3") as refusal:
        read_environment()
    assert line not in str(refusal.value)
    assert line not in "".join(capfd.readouterr())


@pytest.mark.parametrize("content", [b"\xe4\xf6", None])
def test_a_missing_or_binary_env_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    file = tmp_path / "wrong.env"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("ENV_FILE", str(file))
    with pytest.raises(ImproperlyConfigured):
        read_environment()


def test_an_env_file_may_begin_with_a_byte_order_mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "windows.env"
    lines = [f"{name}={value}" for name, value in (QUICKSTART | {"STATE_DIR": str(tmp_path)}).items()]
    file.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    for name in (*QUICKSTART, "STATE_DIR"):
        monkeypatch.delenv(name, raising=False)  # so that what the file sets is taken away again
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENV_FILE", str(file))
    assert read_environment().issuer == "https://example-tenant.us.auth0.com/"


@pytest.mark.parametrize(("value", "dialects"), [("rfc9068", {TokenDialect.RFC9068}), ("auth0", {TokenDialect.AUTH0})])
def test_dialects_can_be_narrowed(state: dict[str, str], value: str, dialects: set[TokenDialect]) -> None:
    assert read(state, TOKEN_DIALECTS=value).dialects == dialects


def test_secrets_do_not_show_in_representations(state: dict[str, str]) -> None:
    key = "the-key-" * 8
    environment = read(state, **QUICKSTART | {"SECRET_KEY": key, "DATABASE_URL": "postgres://u:pass-word@h/d"})
    for secret in ("a-secret", key, "pass-word"):
        assert secret not in repr(environment)


def test_a_secret_is_generated_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    first, second = read({"STATE_DIR": str(tmp_path)}), read({"STATE_DIR": str(tmp_path)})
    assert first.secret_key == second.secret_key
    assert first.bridge_clients == second.bridge_clients
    assert first.secret_key != first.bridge_clients[0].secret
    files = list(tmp_path.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert sorted(file.name for file in files) == ["bridge_client_secret", "secret_key"]


def test_an_unusable_state_directory_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ImproperlyConfigured, match="STATE_DIR"):
        read({"STATE_DIR": str(tmp_path / "file" / "below")})


@examples(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(variable=st.sampled_from([*sorted(QUICKSTART), "OAUTH_ISSUER", "TRUSTED_PROXIES"]), value=st.text(max_size=80))
def test_any_value_is_accepted_or_refused_in_one_sentence(state: dict[str, str], variable: str, value: str) -> None:
    sentence = ""
    try:
        read(state, **QUICKSTART | {variable: value})
    except ImproperlyConfigured as refusal:
        sentence = str(refusal)
    assert "\n" not in sentence
