"""Run the checks in order. Some use the results of earlier ones."""

from collections.abc import Iterator

from on_behalf_of.diagnosis.doctor.certificates import certificates
from on_behalf_of.diagnosis.doctor.configured import configured
from on_behalf_of.diagnosis.doctor.deployment import Deployment
from on_behalf_of.diagnosis.doctor.discovery import discovery
from on_behalf_of.diagnosis.doctor.finding import Finding, not_checked
from on_behalf_of.diagnosis.doctor.key_set import key_set
from on_behalf_of.diagnosis.doctor.resources import protected_resources
from on_behalf_of.http_client.http_client import UpstreamHttp


def examine(deployment: Deployment, *, token: str, api_path: str) -> Iterator[Finding]:
    """Run every check. With `token`, a user's token for the MCP server, follow it to the API's answer at `api_path`."""
    http = UpstreamHttp(timeout=deployment.timeout, ca_file=deployment.ca_file)
    yield from configured(deployment)
    yield from certificates(deployment)
    metadata = yield from discovery(deployment, http)
    has_keys = yield from key_set(metadata, http)
    yield from protected_resources(deployment, http)
    if deployment.bridge is None:
        yield not_checked("token A", "This project has no MCP server, so it exchanges no tokens.")
    elif not has_keys:
        yield not_checked("token A", "There are no keys to verify it with.")
    else:
        from on_behalf_of.diagnosis.doctor.users_call import users_call  # needs the extra `mcp`

        yield from users_call(deployment.bridge, http, token, api_path)
