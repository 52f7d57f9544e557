"""Follow a user's call: the MCP server accepts the token, the tenant exchanges it, and the API accepts the new one."""

from collections.abc import Iterator

from on_behalf_of.diagnosis.doctor.api_call import api_call
from on_behalf_of.diagnosis.doctor.exchanging import Overheard, exchanging, scope_for
from on_behalf_of.diagnosis.doctor.finding import Finding, not_checked
from on_behalf_of.diagnosis.doctor.user_token import user_token
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.mcp.api.client import Downstream
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.declared_tools import declared_tools
from on_behalf_of.mcp.outbound import build_api, build_exchange
from on_behalf_of.mcp.served_request import ServedRequest
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.token_verifier import TokenVerifier


def users_call(bridge: BridgeConfiguration, http: UpstreamHttp, token: str, api_path: str) -> Iterator[Finding]:
    """Follow `token`, a user's token for the MCP server, to the API's answer at `api_path`."""
    timeout, default_scope = bridge.upstream_timeout, bridge.default_exchange_scope
    keys = IssuerKeys(bridge.token_rules.issuer, bridge.key_fetching)
    caller = yield from user_token(
        token,
        TokenVerifier(bridge.token_rules, keys),
        bridge.caller_rules,
        api_audience=bridge.downstream_rules.audience,
    )
    overheard = Overheard(timeout=timeout, ca_file=bridge.key_fetching.ca_file)
    exchange = build_exchange(bridge, keys, overheard)
    scope = scope_for(caller, declared_tools(bridge), default_scope) if caller else ()
    exchanged = yield from exchanging(caller, exchange, overheard, scope, Deadline.after(timeout))
    if caller is None or exchanged is None:
        yield not_checked("api call", "The exchange gave no token B, so the API was not called.")
        return
    api = Downstream(
        base_url=bridge.api_base_url,
        scope=scope,
        deadline=Deadline.after(timeout),
        served=ServedRequest(caller),
        exchange=exchange,
        http=http,
        api=build_api(bridge),
    )
    yield from api_call(api, api_path)
