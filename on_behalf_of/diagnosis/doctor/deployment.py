"""The configurations of an API and an MCP server, which the doctor examines as one deployment."""

from dataclasses import dataclass
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from on_behalf_of.mcp.configuration import BridgeConfiguration, bridge_configuration
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.setting import is_declared


@dataclass(frozen=True)
class Deployment:
    api: ApiConfiguration | None  # None: the API is another project
    bridge: BridgeConfiguration | None  # None: the project has no MCP server
    issuer: str
    leeway: int  # seconds by which clocks may differ when tokens are judged
    timeout: float  # seconds for one request
    ca_file: Path | None
    api_resource: (
        ProtectedResource  # as the API should describe itself; without scopes and name if it is another project
    )


def configured_deployment() -> Deployment:
    """Return what ON_BEHALF_OF configures. Raises ImproperlyConfigured, with one sentence, if that is wrong."""
    api = api_configuration() if is_declared("API") else None
    bridge = bridge_configuration() if is_declared("MCP") else None
    if bridge:
        rules, fetching, timeout = bridge.token_rules, bridge.key_fetching, bridge.upstream_timeout
        resource = api.resource if api else _described_by(bridge)
    elif api:
        rules, fetching, timeout = api.token_rules, api.key_fetching, api.key_fetching.timeout
        resource = api.resource
    else:
        raise ImproperlyConfigured('ON_BEHALF_OF has neither "API" nor "MCP"; add what this project is.')
    return Deployment(api, bridge, rules.issuer, rules.leeway, timeout, fetching.ca_file, resource)


def _described_by(bridge: BridgeConfiguration) -> ProtectedResource:
    return ProtectedResource(
        resource=bridge.downstream_rules.audience,
        base_url=bridge.api_base_url,
        authorization_server=bridge.token_rules.issuer,
        scopes=(),
        name="",
    )
