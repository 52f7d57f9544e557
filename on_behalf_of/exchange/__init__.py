"""The OAuth client of the next hop: a user's token for this service becomes a token for one API (RFC 8693).

    from on_behalf_of.exchange import Caller, ConfidentialClient, token_exchange_for

    exchange = token_exchange_for(TokenRules(issuer=…, audience="https://api.example/"), clients={…})
    token = exchange.token_for(caller, scope=("orders:read",)).token.value

An MCP server uses it, and so can an API that calls a further API. Behind `TokenExchange.token_for` stand token sources,
each with the one method `token(wanted, rejected=…)` that returns an `Obtained`:

    MemorySource(SharedSource(TenantSource(…), cache, …))

The memory of this process lets simultaneous calls share one request; the shared cache, which may be missing or down,
does the same for all processes; the tenant is asked last. `kept_token` says how long a token is kept and under which
key. `delegation` checks each token, whether it came from the tenant or the cache: the same user, the right audience,
and this client as the current actor. `client_authentication` proves which client asks; `errors` has a class for each
way to fail. Plain Python: no Django, no settings. The names below are public; everything else may change.
"""

from typing import TYPE_CHECKING

from on_behalf_of.primitives.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from on_behalf_of.exchange.caller import Caller
    from on_behalf_of.exchange.client_authentication import (
        AuthenticationMethod,
        ConfidentialClient,
        load_private_key,
    )
    from on_behalf_of.exchange.errors import (
        ClientRejected,
        DelegationTooDeep,
        ExchangeError,
        ExchangeRefused,
        MalformedAnswer,
        NotAUser,
        ScopesNotGranted,
        SubjectTokenRejected,
        TenantUnavailable,
        UnusableToken,
    )
    from on_behalf_of.exchange.exchange_target import ExchangeTarget
    from on_behalf_of.exchange.kept_token import ExchangedToken
    from on_behalf_of.exchange.token_exchange import TokenExchange, token_exchange_for
    from on_behalf_of.exchange.token_source import Obtained

__all__ = [
    "AuthenticationMethod",
    "Caller",
    "ClientRejected",
    "ConfidentialClient",
    "DelegationTooDeep",
    "ExchangeError",
    "ExchangeRefused",
    "ExchangeTarget",
    "ExchangedToken",
    "MalformedAnswer",
    "NotAUser",
    "Obtained",
    "ScopesNotGranted",
    "SubjectTokenRejected",
    "TenantUnavailable",
    "TokenExchange",
    "UnusableToken",
    "load_private_key",
    "token_exchange_for",
]
__getattr__ = lazy_exports(
    __name__,
    {
        "AuthenticationMethod": "client_authentication",
        "Caller": "caller",
        "ClientRejected": "errors",
        "ConfidentialClient": "client_authentication",
        "DelegationTooDeep": "errors",
        "ExchangeError": "errors",
        "ExchangeRefused": "errors",
        "ExchangeTarget": "exchange_target",
        "ExchangedToken": "kept_token",
        "MalformedAnswer": "errors",
        "NotAUser": "errors",
        "Obtained": "token_source",
        "ScopesNotGranted": "errors",
        "SubjectTokenRejected": "errors",
        "TenantUnavailable": "errors",
        "TokenExchange": "token_exchange",
        "UnusableToken": "errors",
        "load_private_key": "client_authentication",
        "token_exchange_for": "token_exchange",
    },
)
