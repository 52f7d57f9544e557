# oauthlib and django-oauth-toolkit have no annotations.
# mypy: allow-untyped-calls
"""On-behalf-of token exchange (RFC 8693), with Auth0's conditions and answers."""

import json
from typing import Any

from oauth2_provider.models import Application
from oauthlib.oauth2.rfc6749.errors import InvalidClientError, OAuth2Error
from oauthlib.oauth2.rfc6749.grant_types.base import GrantTypeBase

from local_tenant.access_token import TokenSubject
from local_tenant.audience import requested_api
from local_tenant.models import Api
from local_tenant.oauth_errors import AccessDenied, InvalidRequest, InvalidTarget, UnauthorizedClient
from local_tenant.permitted_scopes import delegated_scopes
from local_tenant.subject_token import SubjectToken, verify_subject_token

ACCESS_TOKEN_TYPE = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - RFC 8693 §3
MAX_ACTORS = 4


class TokenExchangeGrant(GrantTypeBase):
    request_validator: Any

    def create_token_response(self, request: Any, token_handler: Any) -> tuple[dict[str, str], str, int]:
        headers = self._get_default_headers()
        try:
            asked = self._validate(request)
        except OAuth2Error as error:
            headers.update(error.headers)
            return headers, error.json, error.status_code
        token = token_handler.create_token(request)  # RFC 8693 §2.2.1 advises against a refresh token
        self.request_validator.save_token(token, request)
        answer = {**token, "issued_token_type": ACCESS_TOKEN_TYPE}
        if asked and asked == request.scopes:
            del answer["scope"]  # sent only if it differs from what was requested
        return headers, json.dumps(answer), 200

    def _validate(self, request: Any) -> list[str]:
        """Set request.subject and request.scopes, and return the scopes that were requested. Raises OAuth2Error."""
        # A public client has no secret, so it cannot authenticate, whatever it sends.
        if not self.request_validator.authenticate_client(request) or (
            request.client.client_type != Application.CLIENT_CONFIDENTIAL
        ):
            raise InvalidClientError(request=request)
        parameters = dict(request.decoded_body)
        _check_parameters(parameters)
        if not request.client.profile.may_exchange:
            raise UnauthorizedClient("This client may not exchange tokens.")
        subject_token = verify_subject_token(parameters["subject_token"])
        if request.client.profile.resource_server != subject_token.api:
            raise UnauthorizedClient("This client is not linked to the API that the subject token is for.")
        act = delegation_chain(subject_token, request.client.client_id)
        api = _target(request)
        asked = (parameters.get("scope") or "").split()
        organization = subject_token.organization
        request.scopes = delegated_scopes(
            asked or None, application=request.client, api=api, user=subject_token.user, organization=organization
        )
        if asked and not request.scopes:
            raise AccessDenied("The user or the client may not have any of the requested scopes.")
        request.user = subject_token.user.user
        request.subject = TokenSubject(api=api, user=subject_token.user, organization=organization, act=act)
        return list(dict.fromkeys(asked))


def delegation_chain(subject_token: SubjectToken, client_id: str) -> dict[str, Any]:
    """Return the `act` claim: the current client, with the earlier actors nested inside (RFC 8693 §4.1).

    Raises InvalidRequest if the subject token already names the maximum number of actors.
    """
    before = subject_token.act or {"sub": subject_token.client_id}
    if len(subject_token.actors) >= MAX_ACTORS:
        raise InvalidRequest(f"Delegation chain (`act` claim) depth exceeds the maximum allowed limit of {MAX_ACTORS}")
    return {"sub": client_id, "act": before}


def _check_parameters(parameters: dict[str, str]) -> None:
    """Check the parameters of RFC 8693 §2.1. Raises InvalidRequest."""
    for name in ("subject_token", "subject_token_type"):
        if not parameters.get(name):
            raise InvalidRequest(f"The parameter {name} is missing.")
    if not parameters.get("audience") and not parameters.get("resource"):
        raise InvalidRequest("The parameter audience is missing.")
    if parameters["subject_token_type"] != ACCESS_TOKEN_TYPE:
        raise InvalidRequest(f"The subject_token_type must be {ACCESS_TOKEN_TYPE}.")
    if parameters.get("requested_token_type", ACCESS_TOKEN_TYPE) != ACCESS_TOKEN_TYPE:
        raise InvalidRequest(f"The requested_token_type must be {ACCESS_TOKEN_TYPE}.")
    if "actor_token" in parameters or "actor_token_type" in parameters:
        raise InvalidRequest("An actor_token is not supported: the actor is the client that authenticates.")


def _target(request: Any) -> Api:
    try:
        api = requested_api(request.decoded_body)
    except InvalidTarget as error:
        raise AccessDenied(error.description) from error
    if api is None:
        raise InvalidRequest("The parameter audience is missing.")
    return api
