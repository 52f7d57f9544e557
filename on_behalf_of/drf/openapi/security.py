"""The description's security schemes: a login at the tenant with PKCE, or a token that the caller already has."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from on_behalf_of.drf.authentication import token_verifier
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.drf.scopes import scopes_of
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadata, discovery_urls

if TYPE_CHECKING:
    from drf_spectacular.openapi import AutoSchema

BEARER = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "An access token of the tenant for this API, such as one that the MCP bridge got by token exchange.",
}
LOGIN = "Log in at the tenant: authorization code with PKCE (RFC 6749 §4.1, RFC 7636), for this API as audience."


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call] # it registers itself
    target_class = "on_behalf_of.drf.authentication.AccessTokenAuthentication"
    name = ["login", "token"]  # noqa: RUF012 - the base's form

    def get_security_requirement(self, auto_schema: "AutoSchema") -> list[dict[str, list[Any]]]:
        """Return both schemes as alternatives, with the scopes that the view's permissions ask for."""
        scopes = list(scopes_of(auto_schema.view, auto_schema.method))
        return [{name: scopes} for name in self.name]

    def get_security_definition(self, auto_schema: "AutoSchema") -> list[dict[str, Any]]:  # noqa: ARG002 - the base's
        configuration = api_configuration()
        issuer = configuration.token_rules.issuer
        described: dict[str, str] = getattr(settings, "SPECTACULAR_SETTINGS", {}).get("OAUTH2_SCOPES", {})
        scopes = described or dict.fromkeys(configuration.resource.scopes, "")
        return [login_scheme(issuer, held_metadata(), scopes), BEARER]


def held_metadata() -> IssuerMetadata | None:
    """Return the issuer's metadata as of the last fetch of its keys, or None. Never fetches or waits."""
    return token_verifier(api_configuration()).keys.metadata_if_held()


def login_scheme(issuer: str, metadata: IssuerMetadata | None, scopes: dict[str, str]) -> dict[str, Any]:
    """Return an OAuth flow with the issuer's endpoints, if they are known.

    If not, as in a management command or before the issuer's keys were fetched, return the address of the issuer's
    discovery document, which follows from the issuer alone.
    """
    if metadata is None or metadata.authorization_endpoint is None:
        return {"type": "openIdConnect", "openIdConnectUrl": discovery_urls(issuer)[0], "description": LOGIN}
    flow = {
        "authorizationUrl": metadata.authorization_endpoint,
        "tokenUrl": metadata.token_endpoint,
        "scopes": scopes,
    }
    return {"type": "oauth2", "description": LOGIN, "flows": {"authorizationCode": flow}}
