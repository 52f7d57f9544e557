"""What the configuration alone shows, before anybody is asked."""

from collections.abc import Iterator

from config import services
from on_behalf_of.diagnosis.doctor.finding import Finding, ok, problem, warning
from config.environment import Environment
from on_behalf_of.drf.checks import contradictions
from on_behalf_of.environment.mcp_server import missing_variables
from on_behalf_of.mcp.checks import LEFTOVER, REMOVE_LEFTOVER
from on_behalf_of.mcp.published_identifier import identifier_trouble

CHECK = "environment"


def configured(environment: Environment) -> Iterator[Finding]:
    yield ok(
        CHECK,
        f"Issuer {environment.issuer}; the bridge is {' and '.join(environment.bridge_audiences)} at "
        f"{environment.bridge_endpoint}; "
        f"the API is {environment.api_audience} at {environment.api_url}.",
    )
    for name in missing_variables(environment.bridge_clients):
        yield problem(
            CHECK,
            f"{name} is missing: the bridge exchanges tokens as the tenant's client.",
            "Set it to that of the client that is linked to the bridge's API.",
            name,
        )
    if trouble := identifier_trouble(environment.bridge_audience, environment.bridge_endpoint):
        yield warning(CHECK, *trouble, "AUTH0_AUDIENCE")
    if environment.has_leftover_subject_token_type:
        yield warning(CHECK, LEFTOVER, REMOVE_LEFTOVER, "MCP_AUTH0_SUBJECT_TOKEN_TYPE")
    for message in contradictions(services.api_configuration(environment)):
        yield warning(CHECK, message.msg, message.hint or "", message.msg.partition(" ")[0])
