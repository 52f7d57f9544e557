"""Check the configuration alone, before any request."""

from collections.abc import Iterator

from on_behalf_of.diagnosis.doctor.deployment import Deployment
from on_behalf_of.diagnosis.doctor.finding import Finding, ok, problem, warning
from on_behalf_of.drf.configuration import ApiConfiguration
from on_behalf_of.environment.mcp_server import missing_variables
from on_behalf_of.mcp.checks import LEFTOVER, REMOVE_LEFTOVER
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.mcp.published_identifier import identifier_trouble

CHECK = "environment"


def configured(deployment: Deployment) -> Iterator[Finding]:
    api, bridge = deployment.api_resource, deployment.bridge
    parties = [f"Issuer {deployment.issuer}"]
    if bridge:
        identifiers = " and ".join(bridge.token_rules.audiences)
        parties.append(f"the bridge is {identifiers} at {bridge.resource.base_url}{ENDPOINT}")
    parties.append(f"the API is {api.resource} at {api.base_url}")
    yield ok(CHECK, f"{'; '.join(parties)}.")
    if bridge:
        yield from _bridge(bridge)
    if deployment.api and bridge:
        yield from _differences(deployment.api, bridge)
    if deployment.api:
        from on_behalf_of.drf.checks import contradictions  # needs the extra `drf`

        for message in contradictions(deployment.api):
            yield warning(CHECK, message.msg, message.hint or "", message.msg.partition(" ")[0])


def _bridge(bridge: BridgeConfiguration) -> Iterator[Finding]:
    for name in missing_variables(bridge.clients):
        yield problem(
            CHECK,
            f"{name} is missing: the bridge exchanges tokens as the tenant's client.",
            "Use the value of the client that is linked to the bridge's API.",
            name,
        )
    if trouble := identifier_trouble(bridge.resource.resource, bridge.resource.base_url + ENDPOINT):
        yield warning(CHECK, *trouble, "AUTH0_AUDIENCE")
    if bridge.has_leftover_subject_token_type:
        yield warning(CHECK, LEFTOVER, REMOVE_LEFTOVER, "MCP_AUTH0_SUBJECT_TOKEN_TYPE")


def _differences(api: ApiConfiguration, bridge: BridgeConfiguration) -> Iterator[Finding]:
    """Compare what the API and the MCP server of one project say about the same thing."""
    for what, setting, of_api, of_bridge in (
        ("issuer", "OAUTH_ISSUER", api.token_rules.issuer, bridge.token_rules.issuer),
        ("API's identifier", "API_AUTH0_AUDIENCE", api.token_rules.audience, bridge.downstream_rules.audience),
        ("API's address", "API_BASE_URL", api.resource.base_url, bridge.api_base_url),
    ):
        if of_api != of_bridge:
            yield problem(
                CHECK,
                f"The {what} is {of_api} for the API and {of_bridge} for the MCP server.",
                "Give both the same value. Values are compared byte for byte.",
                setting,
            )
