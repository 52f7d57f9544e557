from typing import Any

import pytest
from django.test import Client

from tests.local_tenant.flow import ISSUER, authorize_url

OAUTH, OPENID = "/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"


@pytest.fixture
def metadata(http: Client) -> dict[str, Any]:
    body: dict[str, Any] = http.get(OAUTH).json()
    return body


def test_the_issuer_equals_the_configured_one_byte_for_byte(metadata: dict[str, Any]) -> None:
    """RFC 8414 §3.3."""
    assert metadata["issuer"] == ISSUER


def test_both_documents_agree(http: Client, metadata: dict[str, Any]) -> None:
    openid = http.get(OPENID).json()
    assert {name: openid[name] for name in metadata} == metadata
    assert openid["subject_types_supported"] == ["public"]
    assert openid["id_token_signing_alg_values_supported"] == ["RS256"]


def test_the_metadata_holds_what_mcp_clients_need(metadata: dict[str, Any]) -> None:
    """RFC 7591 §3, RFC 7636, RFC 8414 §2, RFC 9207 §3."""
    assert metadata["code_challenge_methods_supported"] == ["S256"]
    assert metadata["authorization_response_iss_parameter_supported"] is True
    assert metadata["response_types_supported"] == ["code"]
    assert "none" in metadata["token_endpoint_auth_methods_supported"]
    assert {"openid", "offline_access", "tool:whoami", "read:private"} <= set(metadata["scopes_supported"])


@pytest.mark.parametrize("document", [OAUTH, OPENID])
def test_client_metadata_documents_are_announced_only_if_they_are_on(
    http: Client, document: str, settings: Any
) -> None:
    """draft-ietf-oauth-client-id-metadata-document §5: clients that see it never fall back to registration."""
    assert "client_id_metadata_document_supported" not in http.get(document).json()
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"CIMD_ENABLED": True}
    assert http.get(document).json()["client_id_metadata_document_supported"] is True


def test_every_announced_endpoint_exists(http: Client, metadata: dict[str, Any]) -> None:
    endpoints = [url for name, url in metadata.items() if name.endswith("_endpoint") or name == "jwks_uri"]
    assert len(endpoints) == 6
    for url in endpoints:
        assert url.startswith(ISSUER)
        assert http.get("/" + url.removeprefix(ISSUER)).status_code in {200, 400, 401, 405}


def test_every_announced_grant_type_is_supported(http: Client, metadata: dict[str, Any]) -> None:
    for grant_type in metadata["grant_types_supported"]:
        assert http.post("/oauth/token", {"grant_type": grant_type}, content_type="application/json").json()[
            "error"
        ] in {"invalid_client", "invalid_request"}
    answer = http.post("/oauth/token", {"grant_type": "password"}, content_type="application/json")
    assert answer.json()["error"] == "unsupported_grant_type"


def test_every_announced_prompt_is_supported(http: Client) -> None:
    for prompt in http.get(OPENID).json()["prompt_values_supported"]:
        assert "invalid_request" not in http.get(authorize_url(prompt=prompt))["Location"]
