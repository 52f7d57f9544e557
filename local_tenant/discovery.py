from typing import Any

from django.conf import settings

from local_tenant.client_metadata_document import takes_client_documents
from local_tenant.endpoint_url import endpoint_url
from local_tenant.models import Permission
from local_tenant.provider_settings import GRANT_TYPES, OIDC_SCOPES, TOKEN_ENDPOINT_AUTH_METHODS


def server_metadata() -> dict[str, Any]:
    """Return the metadata of RFC 8414 §2. The OpenID document extends it, so that the two always agree."""
    metadata: dict[str, Any] = {
        "issuer": settings.LOCAL_TENANT.issuer,
        "authorization_endpoint": endpoint_url("authorize"),
        "token_endpoint": endpoint_url("token"),
        "revocation_endpoint": endpoint_url("revoke-token"),
        "registration_endpoint": endpoint_url("dcr-register"),
        "userinfo_endpoint": endpoint_url("user-info"),
        "jwks_uri": endpoint_url("jwks-info"),
        "scopes_supported": [*OIDC_SCOPES, *_api_scopes()],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": list(TOKEN_ENDPOINT_AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(TOKEN_ENDPOINT_AUTH_METHODS),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,  # RFC 9207 §3
    }
    if takes_client_documents():  # clients that see this member use a document, and never fall back to registration
        metadata["client_id_metadata_document_supported"] = True
    return metadata


def openid_configuration() -> dict[str, Any]:
    """Return the provider metadata of OpenID Connect Discovery §3."""
    return server_metadata() | {
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": [
            "sub",
            "iss",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "name",
            "email",
            "email_verified",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
    }


def _api_scopes() -> list[str]:
    return list(Permission.objects.order_by("value").values_list("value", flat=True).distinct())
