from collections.abc import Iterator

from on_behalf_of.diagnosis.doctor.finding import Finding, ok, problem
from on_behalf_of.mcp.api.client import Downstream
from on_behalf_of.mcp.api.errors import ApiRefused, ApiRejectedToken, ApiUnavailable, NotFound
from on_behalf_of.primitives.call_error import CallError
from on_behalf_of.resource_server.refusals import Reason

CHECK = "api call"
_REASONS = {
    Reason.SCOPE: ("Have the bridge ask for that scope.", "MCP_AUTH0_EXCHANGE_SCOPE"),
    Reason.ACTOR_NOT_CLIENT: ("Give the API the same TOKEN_ACTOR_RULE as the bridge.", "TOKEN_ACTOR_RULE"),
    Reason.ACTOR_NOT_TRUSTED: ("Add the bridge's client, or the agent linked to it.", "API_TRUSTED_ACTORS"),
    Reason.DELEGATION_REQUIRED: ("Have the tenant name the bridge in act.", "API_REQUIRE_DELEGATION"),
    Reason.MACHINE: ("Call on behalf of a user.", "API_ALLOW_MACHINES"),
    Reason.ORGANIZATION: ("Add the user's organization.", "API_ALLOWED_ORGANIZATIONS"),
}


def api_call(api: Downstream, path: str) -> Iterator[Finding]:
    """Call the API with token B, as a tool does. The call leaves a row in the API's log, like any other."""
    try:
        api.get_value(path)
    except CallError as error:
        yield problem(CHECK, f"GET {path}: {error}", *_remedy(error))
    else:
        yield ok(CHECK, f"GET {path} was answered on the user's behalf.")


def _remedy(error: CallError) -> tuple[str, str]:
    match error:
        case ApiRejectedToken():
            return (
                "Start the API with the same issuer, its own identifier, and this dialect.",
                "API_AUTH0_AUDIENCE, OAUTH_ISSUER, TOKEN_DIALECTS",
            )
        case ApiRefused():
            general = ("Look at the row that the refusal left in the API's log.", "")
            return next((found for reason, found in _REASONS.items() if reason == error.reason), general)
        case NotFound():
            return "Name a path that the API has, with --api-path.", "API_BASE_URL"
        case ApiUnavailable():
            return "Start the API, or look at its log.", "API_BASE_URL"
    return "Look at the API's log, and at what listens at its address.", "API_BASE_URL"
