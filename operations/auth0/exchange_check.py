"""Check that the tenant exchanges tokens: one real exchange for each set of scopes that the tools ask for."""

import sys
from collections.abc import Callable
from pathlib import Path

from config.environment import Environment
from config.services import bridge_configuration
from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.exchange.caller import Caller
from on_behalf_of.exchange.errors import ExchangeError, ExchangeRefused, ScopesNotGranted
from on_behalf_of.http_client.call_deadline import Deadline
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.mcp.outbound import build_exchange
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable, NotPermitted
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from on_behalf_of.resource_server.who_may_present import check_caller
from operations.auth0.errors import SetupError


def read_user_token(source: str) -> str:
    """Read a token from a file, or from standard input for `-`. Arguments are visible to all users of the machine."""
    try:
        return (sys.stdin.read() if source == "-" else Path(source).read_text(encoding="ascii")).strip()
    except (OSError, ValueError):
        raise SetupError(f"{source} cannot be read. It must hold a user's access token, and nothing else.") from None


def check_exchange(environment: Environment, user_token: str, say: Callable[[str], None]) -> None:
    """Exchange a user's token for the bridge, with the bridge's own code. Raises SetupError.

    The user may lack permission for some of the scopes, so it is an error only if the tenant refuses all of them.
    """
    configuration = bridge_configuration(environment)
    keys = IssuerKeys(environment.issuer, configuration.key_fetching)
    http = UpstreamHttp(timeout=environment.upstream_timeout, ca_file=environment.upstream_ca_file)
    exchange = build_exchange(configuration, keys, http)
    try:
        token_a = TokenVerifier(configuration.token_rules, keys).verify(user_token)
        check_caller(token_a, configuration.caller_rules)
    except (InvalidToken, NotPermitted) as error:
        raise SetupError(
            f"The user's token is not valid for the bridge: {error.description.rstrip('.')}. Get a token with the "
            f"audience {environment.bridge_audience}."
        ) from None
    except KeysUnavailable:
        raise SetupError(f"The keys of {environment.issuer} cannot be fetched. Check AUTH0_DOMAIN.") from None
    caller = Caller(token_a, user_token)
    refusal: ExchangeError | None = None
    has_worked = False
    asked = dict.fromkeys(tool.downstream_scopes or environment.exchange_scope for tool in TOOLS if tool.calls_api)
    for scope in filter(None, asked):
        try:
            deadline = Deadline.after(environment.upstream_timeout)
            token = exchange.token_for(caller, scope=scope, deadline=deadline).token
        except (ExchangeRefused, ScopesNotGranted) as error:
            refusal = error
            say(f"Exchange for {' '.join(scope)}: refused, for this user or for all users.")
        except ExchangeError as error:
            raise SetupError(str(error)) from None
        else:
            has_worked = True
            actors = " <- ".join(actor.subject for actor in token.token.actor.chain()) if token.token.actor else ""
            say(f"Exchange for {' '.join(scope)}: works; {token.token.subject}, through {actors}.")
    if refusal and not has_worked:
        raise SetupError(str(refusal))
