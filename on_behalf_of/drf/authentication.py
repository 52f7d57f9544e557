from functools import cache

from django.conf import settings
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from on_behalf_of.drf.access_record import record_of
from on_behalf_of.drf.actor_policy import check_actor
from on_behalf_of.drf.caller import Caller
from on_behalf_of.drf.configuration import ApiConfiguration
from on_behalf_of.drf.refusals import BearerTokenRefused, CannotTell
from on_behalf_of.drf.scopes import check_scope_is_named, scopes_needed
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.authorization_header import read_bearer_token
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.errors import (
    BearerTokenError,
    InvalidRequest,
    KeysUnavailable,
    MissingToken,
    NotPermitted,
    Reason,
)
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.token_verifier import TokenVerifier


@cache
def token_verifier(configuration: ApiConfiguration) -> TokenVerifier:
    """The process's one verifier for a configuration, with its keys and the tokens it remembers."""
    rules = configuration.token_rules
    keys = IssuerKeys(rules.issuer, configuration.key_fetching, on_fetch=configuration.observer.keys_fetched)
    return TokenVerifier(rules, keys)


def accepted_token(request: Request | HttpRequest, presented: str) -> AccessToken:
    """Verify a token, whichever way it was presented. From here on, the request's row names its bearer.

    Raises BearerTokenRefused, also if the actor policy forbids the call or the view names no scope, and CannotTell.
    Not checked: whether the token holds the scopes that the view names.
    """
    try:
        token = token_verifier(settings.DOWNSTREAM_API).verify(presented)
    except BearerTokenError as error:
        raise BearerTokenRefused(error) from error
    except KeysUnavailable as error:
        raise CannotTell(error) from error
    record = record_of(request)
    record.token = token
    try:  # here, because views replace permission classes, and who they forget would be everybody
        check_actor(token, settings.DOWNSTREAM_API.policy)
    except NotPermitted as error:
        raise BearerTokenRefused(error) from error
    if not record.scopes_required:  # a RecordedView has asked its permissions already
        check_scope_is_named(request)
    return token


class AccessTokenAuthentication(BaseAuthentication):
    """Bearer tokens in the Authorization header, and nothing else (RFC 6750 §2.1).

    `request.auth` becomes the AccessToken, `request.user` the Caller that it speaks for. A token that verifies and
    that the actor policy is against is refused here too, after it is noted for the audit log.
    """

    def authenticate(self, request: Request) -> tuple[Caller, AccessToken] | None:
        try:
            if "access_token" in request.query_params:  # RFC 9700 §4.3.2: URLs end up in logs and histories
                raise InvalidRequest(Reason.TOKEN_IN_QUERY)
            header = request.META.get("HTTP_AUTHORIZATION")
            presented = read_bearer_token([header] if header else [])
        except MissingToken:
            return None
        except BearerTokenError as error:
            raise BearerTokenRefused(error) from error
        token = accepted_token(request, presented)
        return Caller(token), token

    def authenticate_header(self, request: Request) -> str:
        """The challenge to a caller without credentials: no error code, but what to ask for (RFC 6750 §3.1)."""
        configuration: ApiConfiguration = settings.DOWNSTREAM_API
        return challenge(
            MissingToken(), resource_metadata=configuration.resource.metadata_url, scope=scopes_needed(request)
        )
