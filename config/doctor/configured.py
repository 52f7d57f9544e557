"""What the configuration alone shows, before anybody is asked."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from config import services
from config.bridge_client import missing_variables
from config.doctor.finding import Finding, ok, problem, warning
from config.environment import Environment
from downstream_api.checks import contradictions
from mcp_bridge.checks import LEFTOVER, REMOVE_LEFTOVER
from mcp_bridge.configuration import ENDPOINT

CHECK = "environment"


def configured(environment: Environment) -> Iterator[Finding]:
    yield ok(
        CHECK,
        f"Issuer {environment.issuer}; the bridge is {environment.bridge_audience} at {environment.bridge_url}; "
        f"the API is {environment.api_audience} at {environment.api_url}.",
    )
    for name in missing_variables(environment.bridge_client):
        yield problem(
            CHECK,
            f"{name} is missing: the bridge exchanges tokens as the tenant's client.",
            "Set it to that of the client that is linked to the bridge's API.",
            name,
        )
    if not _covers(environment.bridge_audience, environment.bridge_url + ENDPOINT):
        # MCP authorization: clients compare `resource` of the metadata with the address that they connect to.
        yield warning(
            CHECK,
            f"{environment.bridge_audience} is no beginning of {environment.bridge_url}{ENDPOINT}, and MCP clients "
            "refuse metadata whose resource is not.",
            "Register the bridge's API at the tenant under the bridge's own address, and name it here.",
            "AUTH0_AUDIENCE",
        )
    if environment.has_leftover_subject_token_type:
        yield warning(CHECK, LEFTOVER, REMOVE_LEFTOVER, "MCP_AUTH0_SUBJECT_TOKEN_TYPE")
    for message in contradictions(services.api_configuration(environment)):
        yield warning(CHECK, message.msg, message.hint or "", message.msg.partition(" ")[0])


def _covers(resource: str, address: str) -> bool:
    """Same origin, and a path that begins with the resource's."""
    try:
        wanted, reached = urlsplit(resource), urlsplit(address)
        is_same_origin = (wanted.scheme, wanted.hostname, wanted.port) == (
            reached.scheme,
            reached.hostname,
            reached.port,
        )
    except ValueError:
        return False
    return is_same_origin and f"{reached.path}/".startswith(f"{wanted.path.rstrip('/')}/")
