# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""Dynamic Client Registration (RFC 7591), which MCP clients use."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import Application

from local_tenant.blank import is_blank
from local_tenant.oauth_parameters import is_storable
from local_tenant.provider_settings import TOKEN_ENDPOINT_AUTH_METHODS
from local_tenant.redirect_uris import may_be_registered

GRANTS = {"authorization_code", "refresh_token"}
MAX_REDIRECT_URIS = 20
MAX_NAME_LENGTH = 100


class RegistrationRefused(Exception):
    """A refused registration; `error` is invalid_redirect_uri or invalid_client_metadata (RFC 7591 §3.2.2)."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error, self.description = error, description


@dataclass(frozen=True)
class ClientMetadata:
    redirect_uris: tuple[str, ...]
    client_name: str
    auth_method: str


def register_client(document: dict[str, Any]) -> dict[str, Any]:
    """Register a third-party client, and return the answer of RFC 7591 §3.2.1. Raises RegistrationRefused.

    Unknown members are ignored (§2).
    """
    metadata = _read(document)
    secret = "" if metadata.auth_method == "none" else generate_client_secret()
    application = Application(
        name=metadata.client_name,
        redirect_uris=" ".join(metadata.redirect_uris),
        client_type=Application.CLIENT_CONFIDENTIAL if secret else Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        registration_source=Application.RegistrationSource.DCR,
        # A public client keeps the random secret that the model generates. No one knows it, but anyone could send an
        # empty one.
        **({"client_secret": secret} if secret else {}),
    )
    try:
        application.full_clean()
    except ValidationError:
        raise RegistrationRefused("invalid_redirect_uri", "A redirect URI is not valid.") from None
    application.save()
    answer: dict[str, Any] = {
        "client_id": application.client_id,
        "client_id_issued_at": int(application.created.timestamp()),
        "client_name": application.name,
        "redirect_uris": list(metadata.redirect_uris),
        "grant_types": sorted(GRANTS),
        "response_types": ["code"],
        "token_endpoint_auth_method": metadata.auth_method,
    }
    if secret:
        answer |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer


def _read(document: dict[str, Any]) -> ClientMetadata:
    uris = _texts(document, "redirect_uris", [])
    if not uris or len(uris) > MAX_REDIRECT_URIS:
        raise RegistrationRefused(
            "invalid_redirect_uri", f"redirect_uris must hold 1 to {MAX_REDIRECT_URIS} URIs, not {len(uris)}."
        )
    if not all(map(may_be_registered, uris)):
        raise RegistrationRefused(
            "invalid_redirect_uri",
            "redirect_uris must use https, http on this machine, or the scheme of a known editor, without a fragment.",
        )
    if not set(_texts(document, "grant_types", ["authorization_code"])) <= GRANTS:
        raise _refused("grant_types may contain only authorization_code and refresh_token")
    if set(_texts(document, "response_types", ["code"])) - {"code"}:
        raise _refused("response_types may contain only code")
    method = document.get("token_endpoint_auth_method", "client_secret_basic")
    if method not in TOKEN_ENDPOINT_AUTH_METHODS:
        raise _refused(f"token_endpoint_auth_method must be one of {', '.join(TOKEN_ENDPOINT_AUTH_METHODS)}")
    name = document.get("client_name", "")
    if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or not is_storable(name):
        raise _refused(f"client_name must be a string of at most {MAX_NAME_LENGTH} characters")
    if name and is_blank(name):  # an empty name counts as left out; pages then show the client's id
        raise _refused("client_name must contain a visible character, or be left out")
    return ClientMetadata(tuple(uris), name, str(method))


def _texts(document: dict[str, Any], name: str, default: list[str]) -> list[str]:
    values = document.get(name, default)
    if not isinstance(values, list) or not all(isinstance(value, str) and is_storable(value) for value in values):
        raise _refused(f"{name} must be a list of strings")
    return values


def _refused(description: str) -> RegistrationRefused:
    return RegistrationRefused("invalid_client_metadata", f"{description}.")
