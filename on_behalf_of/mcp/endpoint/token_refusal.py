"""The gate's answers to a missing, invalid or insufficient token (RFC 6750 §3, RFC 9728 §5.1)."""

from http import HTTPStatus

from on_behalf_of.mcp.endpoint.http_refusal import INTERNAL_ERROR, HttpRefusal
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.refusals import BearerTokenError, InsufficientScope, KeysUnavailable, NotPermitted

KIND = "MCP server"  # the word for this resource in messages; users don't know the API behind it


def token_refusal(
    error: BearerTokenError,
    *,
    resource: ProtectedResource,
    registry: ToolRegistry,
    request_id: str | int | None = None,
) -> HttpRefusal:
    """Return a 400, 401 or 403 with the challenge. Its fields are in the body too, for clients that read no headers."""
    data: dict[str, object] = {"reason": error.reason.value}
    message = error.description_by(KIND)
    if error.error is not None:
        data["error"] = error.error
    if isinstance(error, InsufficientScope):
        data["scope"] = " ".join(error.scopes)
        message = f"{message.rstrip('.')}: {data['scope']}."
    # If a rule forbids the call, no scope helps, and a scope in the challenge would make clients ask for consent.
    scope = () if isinstance(error, NotPermitted) else registry.login_scopes
    value = challenge(error, resource_metadata=resource.metadata_url, scope=scope, kind=KIND)
    return HttpRefusal(error.status, message, data, headers=(("www-authenticate", value),), request_id=request_id)


def cannot_tell(error: KeysUnavailable) -> HttpRefusal:
    """Return a 503: it is unknown whether the token is valid, so the client must not ask for another."""
    headers = (("retry-after", str(error.retry_after)),)
    return HttpRefusal(HTTPStatus.SERVICE_UNAVAILABLE, error.description, headers=headers, code=INTERNAL_ERROR)
