"""The checks, in the order in which one goes on with what the other found."""

from collections.abc import Iterator

from config import services
from on_behalf_of.diagnosis.doctor.api_call import api_call
from on_behalf_of.diagnosis.doctor.certificates import certificates
from on_behalf_of.diagnosis.doctor.configured import configured
from on_behalf_of.diagnosis.doctor.discovery import discovery
from on_behalf_of.diagnosis.doctor.exchanging import Overheard, exchanging, scope_for
from on_behalf_of.diagnosis.doctor.finding import Finding, not_checked
from on_behalf_of.diagnosis.doctor.key_set import key_set
from on_behalf_of.diagnosis.doctor.resources import protected_resources
from on_behalf_of.diagnosis.doctor.user_token import user_token
from config.environment import Environment
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.mcp.api.client import Downstream
from on_behalf_of.mcp.outbound import build_api, build_exchange
from on_behalf_of.mcp.served_request import ServedRequest
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.token_verifier import TokenVerifier


def examine(environment: Environment, *, token: str, api_path: str) -> Iterator[Finding]:
    """Everything that can be told; with `token`, a user's for the bridge, the whole way to the API's answer."""
    configuration = services.bridge_configuration(environment)
    timeout, ca_file = environment.upstream_timeout, environment.upstream_ca_file
    http = UpstreamHttp(timeout=timeout, ca_file=ca_file)
    yield from configured(environment)
    yield from certificates(environment)
    metadata = yield from discovery(environment, http, configuration.token_rules)
    has_keys = yield from key_set(metadata, http)
    yield from protected_resources(environment, http)
    if not has_keys:
        yield not_checked("token A", "There are no keys by which it could be judged.")
        return
    keys = IssuerKeys(environment.issuer, configuration.key_fetching)
    caller = yield from user_token(
        token,
        TokenVerifier(configuration.token_rules, keys),
        configuration.caller_rules,
        api_audience=environment.api_audience,
    )
    overheard = Overheard(timeout=timeout, ca_file=ca_file)
    exchange = build_exchange(configuration, keys, overheard)
    scope = scope_for(caller, environment.exchange_scope) if caller else ()
    exchanged = yield from exchanging(caller, exchange, overheard, scope, Deadline.after(timeout))
    if caller is None or exchanged is None:
        yield not_checked("api call", "There is no token B to call it with.")
        return
    api = Downstream(
        base_url=environment.api_url,
        scope=scope,
        deadline=Deadline.after(timeout),
        served=ServedRequest(caller),
        exchange=exchange,
        http=http,
        api=build_api(configuration),
    )
    yield from api_call(api, api_path)
