from functools import cache
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from on_behalf_of.drf.access_record import AccessRecord, NoMiddleware, record_of
from on_behalf_of.drf.actor_policy import check_actor
from on_behalf_of.drf.caller import Caller
from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from on_behalf_of.drf.refusals import CannotTell, DatabaseUnavailable, refusal
from on_behalf_of.drf.request_body import read_body
from on_behalf_of.drf.scopes import check_scope_is_named, scopes_needed
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.authorization_header import read_bearer_token
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.refusals import (
    BearerTokenError,
    InvalidRequest,
    KeysUnavailable,
    MissingToken,
    NotPermitted,
    Reason,
)
from on_behalf_of.resource_server.token_parts import claimed_issuer
from on_behalf_of.resource_server.token_verifier import TokenVerifier


@cache
def token_verifier(configuration: ApiConfiguration) -> TokenVerifier:
    """Return the process's only verifier for a configuration, with its keys and its cache of verified tokens."""
    rules = configuration.token_rules
    keys = IssuerKeys(rules.issuer, configuration.key_fetching, on_fetch=configuration.observer.keys_fetched)
    return TokenVerifier(rules, keys)


def accepted_token(request: Request | HttpRequest, presented: str) -> AccessToken:
    """Verify a token, however it was presented, and note it for the call's row.

    Unless the view is a RecordedView, also open the transaction in which a change commits together with its row.
    Raises BearerTokenRefused, also if the actor policy forbids the call or the view names no scope; CannotTell;
    DatabaseUnavailable if the call could not be recorded; NoMiddleware and NestedTransaction.
    Not checked: whether the token holds the scopes that the view names.
    """
    configuration = api_configuration()
    record = record_of(request)
    if not record.is_attached:
        raise NoMiddleware
    try:
        token = token_verifier(configuration).verify(presented)
    except BearerTokenError as error:
        raise refusal(request, error) from error
    except KeysUnavailable as error:
        record.reason = "keys_unavailable"
        raise CannotTell(error) from error
    record.token = token
    try:  # here and not in a permission class, because a view that replaces those would lose the policy
        check_actor(token, configuration.policy)
    except NotPermitted as error:
        raise refusal(request, error) from error
    if not record.scopes_required:  # a RecordedView has already set them
        record.scopes_required = scopes_needed(request)
        check_scope_is_named(request)
    if not record.defers_work and isinstance(request, Request):
        _begin_work(request, record, configuration)
    return token


def _begin_work(request: Request, record: AccessRecord, configuration: ApiConfiguration) -> None:
    is_change = request.method not in SAFE_METHODS
    if is_change:
        read_body(request)
    try:
        record.begin(configuration.database_time)
        record.begin_work(is_change=is_change)
    except DatabaseError as error:
        record.reason = "database_unavailable"
        raise DatabaseUnavailable from error


def user_of(token: AccessToken) -> Any:
    """Return `request.user` for a token: what the setting USER returns for it, or else a Caller.

    Raises NotPermitted if USER returns None or a user who is not active.
    """
    find = api_configuration().user
    if find is None:
        return Caller(token)
    user = find(token)
    if user is None or not getattr(user, "is_active", True):
        raise NotPermitted(Reason.UNKNOWN_USER)
    return user


class AccessTokenAuthentication(BaseAuthentication):
    """Authenticates by a bearer token in the Authorization header only (RFC 6750 §2.1).

    `request.auth` becomes the AccessToken, `request.user` what the setting USER returns for it. The actor policy is
    applied here too; a verified token is noted for the audit log first, so that refusals are recorded. With
    OTHER_ISSUERS set to "pass on", bearer tokens that do not claim to come from the tenant are left to the next
    authentication class.
    """

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        try:
            meta = request._request.META  # noqa: SLF001 - DRF's request looks for META in three places
            if (
                meta.get("QUERY_STRING") and "access_token" in request.query_params
            ):  # RFC 9700 §4.3.2: URLs end up in logs and histories
                raise InvalidRequest(Reason.TOKEN_IN_QUERY)
            header = meta.get("HTTP_AUTHORIZATION")
            presented = read_bearer_token([header] if header else [])
        except MissingToken:
            return None
        except BearerTokenError as error:
            raise refusal(request, error) from error
        configuration = api_configuration()
        if configuration.passes_on_other_issuers and claimed_issuer(presented) != configuration.token_rules.issuer:
            return None
        token = accepted_token(request, presented)
        return authenticated(request, token)

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge for a caller without credentials: scopes to ask for, no error code (RFC 6750 §3.1)."""
        metadata_url = api_configuration().resource.metadata_url
        return challenge(MissingToken(), resource_metadata=metadata_url, scope=scopes_needed(request))


def authenticated(request: Request, token: AccessToken) -> tuple[Any, AccessToken]:
    """Return the user and the token, as DRF expects them. Raises BearerTokenRefused for an unknown user."""
    try:
        return user_of(token), token
    except NotPermitted as error:
        raise refusal(request, error) from error
