"""Auth0's own SDK for APIs finds in the local tenant what it finds at Auth0: tokens it accepts, and the exchange."""

import base64
import hashlib
import secrets
import warnings
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio.to_thread
import pytest
import requests

from config.environment import LOCAL_BRIDGE_CLIENT
from local_tenant.seed import MANUAL_CLIENT_ID, MANUAL_CLIENT_REDIRECT_URIS
from operations.demo.person import Person
from tests.services.auth0_sdk.tls_front import tls_front
from tests.services.own_process import own_process
from tests.services.running import Running

REDIRECT_URI = MANUAL_CLIENT_REDIRECT_URIS[0]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def sdk() -> ModuleType:
    import_module("authlib.deprecate")  # has its warnings shown always; from there on that can be changed
    with warnings.catch_warnings(action="ignore"):
        return import_module("auth0_api_python")


def logged_in(issuer: str, ca_file: Path, *, audience: str, scope: str) -> str:
    """Token A, as a client gets it by code and PKCE (RFC 7636) from the tenant's real pages."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    client = {"client_id": MANUAL_CLIENT_ID, "redirect_uri": REDIRECT_URI}
    asked = {"response_type": "code", "scope": scope, "audience": audience, "state": "s", **client}
    person = Person("admin@example.com", "admin-demo")
    person._browser.verify = str(ca_file)
    query = urlencode(asked | {"code_challenge": challenge, "code_challenge_method": "S256"})
    back = person.authorize(f"{issuer}authorize?{query}", redirect_uri=REDIRECT_URI)
    (code,) = parse_qs(urlsplit(back).query)["code"]
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier, **client}
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(f"{issuer}oauth/token", data=form, verify=str(ca_file), timeout=30)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.anyio
async def test_auth0s_own_sdk_verifies_and_exchanges_tokens_of_the_local_tenant(
    services: Running, authority: tuple[Path, Path], sdk: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca_file, certificate = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(ca_file))  # what the SDK's HTTP client trusts
    bridge_audience, api_audience = services.mcp, f"{services.api}/"
    async with tls_front(certificate) as front:
        issuer = f"https://localhost:{front.port}/"
        with own_process(
            "tenant",
            services,
            tmp_path / "tenant.log",
            DJANGO_SETTINGS_MODULE="tests.services.auth0_sdk.tenant_settings",
            TEST_TENANT_ISSUER=issuer,
        ) as tenant:
            front.service_port = tenant.port
            token_a = await anyio.to_thread.run_sync(
                lambda: logged_in(issuer, ca_file, audience=bridge_audience, scope="tool:whoami tool:greet")
            )
            options = {
                "domain": f"localhost:{front.port}",
                "client_id": LOCAL_BRIDGE_CLIENT,
                "client_secret": (services.state_dir / "bridge_client_secret").read_text().strip(),
            }
            bridge = sdk.ApiClient(sdk.ApiClientOptions(audience=bridge_audience, **options))
            claims = await bridge.verify_access_token(token_a)
            assert (claims["iss"], claims["sub"]) == (issuer, "auth0|local-admin")
            assert sdk.get_current_actor(claims) is None

            exchanged = await bridge.get_token_on_behalf_of(token_a, api_audience, "read:private")
            assert exchanged["token_type"] == "Bearer"
            api = sdk.ApiClient(sdk.ApiClientOptions(audience=api_audience, **options))
            delegated = await api.verify_access_token(exchanged["access_token"], required_claims=["act", "scope"])
            assert (delegated["sub"], delegated["scope"]) == ("auth0|local-admin", "read:private")
            assert sdk.get_current_actor(delegated) == LOCAL_BRIDGE_CLIENT
            assert sdk.get_delegation_chain(delegated) == [LOCAL_BRIDGE_CLIENT, MANUAL_CLIENT_ID]

            with pytest.raises(sdk.errors.VerifyAccessTokenError, match="Audience"):  # token A opens the bridge alone
                await api.verify_access_token(token_a)
            with pytest.raises(sdk.ApiError) as refusal:
                await bridge.get_token_on_behalf_of(token_a, "https://unknown.example/")
            assert (refusal.value.status_code, refusal.value.code) == (403, "access_denied")
