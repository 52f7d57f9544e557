"""What the gate answers when it is about the token (RFC 6750 §3, RFC 9728 §5.1)."""

from http import HTTPStatus

from on_behalf_of.mcp.endpoint.http_refusal import INTERNAL_ERROR, HttpRefusal
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.refusals import BearerTokenError, InsufficientScope, KeysUnavailable, NotPermitted

KIND = "MCP server"  # what messages call this resource; its users do not know the API behind it


def token_refusal(
    error: BearerTokenError,
    *,
    resource: ProtectedResource,
    registry: ToolRegistry,
    request_id: str | int | None = None,
) -> HttpRefusal:
    """400, 401 or 403 with the challenge; its fields also stand in the body, for clients that read no headers."""
    data: dict[str, object] = {"reason": error.reason.value}
    message = error.description_by(KIND)
    if error.error is not None:
        data["error"] = error.error
    if isinstance(error, InsufficientScope):
        data["scope"] = " ".join(error.scopes)
        message = f"{message.rstrip('.')}: {data['scope']}."
    # If a rule forbids the bearer, no scope helps, and naming one in the challenge would make clients ask for consent.
    scope = () if isinstance(error, NotPermitted) else registry.login_scopes
    value = challenge(error, resource_metadata=resource.metadata_url, scope=scope, kind=KIND)
    return HttpRefusal(error.status, message, data, headers=(("www-authenticate", value),), request_id=request_id)


def cannot_tell(error: KeysUnavailable) -> HttpRefusal:
    """503: it is unknown whether the token is good, which is no reason to ask for another."""
    headers = (("retry-after", str(error.retry_after)),)
    return HttpRefusal(HTTPStatus.SERVICE_UNAVAILABLE, error.description, headers=headers, code=INTERNAL_ERROR)
