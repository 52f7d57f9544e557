"""The part of an OAuth 2.0 protected resource (RFC 6750, RFC 9068, RFC 9728): tokens, keys, challenges, metadata.

Plain Python: no Django, no settings. Everything comes in as arguments. Verifying with given keys needs neither
Django nor requests.
"""

from typing import TYPE_CHECKING

from on_behalf_of.primitives.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from on_behalf_of.resource_server.access_token import AccessToken
    from on_behalf_of.resource_server.actor import Actor
    from on_behalf_of.resource_server.refusals import BearerTokenError
    from on_behalf_of.resource_server.token_rules import TokenRules, verify_access_token

__all__ = ["AccessToken", "Actor", "BearerTokenError", "TokenRules", "verify_access_token"]
__getattr__ = lazy_exports(
    __name__,
    {
        "AccessToken": "access_token",
        "Actor": "actor",
        "BearerTokenError": "refusals",
        "TokenRules": "token_rules",
        "verify_access_token": "token_rules",
    },
)
