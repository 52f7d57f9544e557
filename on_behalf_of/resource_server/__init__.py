"""The part of an OAuth 2.0 protected resource (RFC 6750, RFC 9068, RFC 9728): tokens, keys, challenges, metadata.

Plain Python: no Django, no settings. Everything comes in as arguments. Verifying with given keys needs neither
Django nor requests.
"""

from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.actor import Actor
from on_behalf_of.resource_server.errors import BearerTokenError
from on_behalf_of.resource_server.token_rules import TokenRules, verify_access_token

__all__ = ["AccessToken", "Actor", "BearerTokenError", "TokenRules", "verify_access_token"]
