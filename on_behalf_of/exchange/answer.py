"""Read the answer of the tenant's token endpoint (RFC 8693 §2.2)."""

from collections.abc import Collection
from http import HTTPStatus
from typing import Any

from on_behalf_of.exchange.errors import (
    ClientRejected,
    ExchangeError,
    ExchangeRefused,
    MalformedAnswer,
    SubjectTokenRejected,
    TenantUnavailable,
)
from on_behalf_of.http_client.http_client import UpstreamResponse
from on_behalf_of.primitives.foreign_text import readable
from on_behalf_of.primitives.retry_after import retry_after
from on_behalf_of.primitives.strict_json import MalformedJson

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 - a name, not a token
# A 401 is about the user's token or about this server's own credentials. The latter is `invalid_client` (RFC 6749
# §5.2); Auth0 answers `access_denied` with this status.
CLIENT_CODES = {"invalid_client", "unauthorized_client", "access_denied"}
# Other servers than Auth0 report both with 400 (RFC 6749 §5.2).
BAD_REQUEST_CODES = {"invalid_grant": SubjectTokenRejected, "invalid_client": ClientRejected}


def read_issued_token(response: UpstreamResponse, *, secrets: Collection[str]) -> str:
    """Return the issued access token, not yet verified. Raises an ExchangeError for every other answer.

    `secrets` are this server's own. Errors show the tenant's words to the user, and these may repeat the request.
    """
    if response.status != HTTPStatus.OK:
        raise _refusal(response, secrets)
    try:
        answer = response.json()
    except MalformedJson as error:
        raise MalformedAnswer("it is not a JSON object") from error
    # A token that is bound to a key must never pass as a bearer token; the type is case-insensitive (RFC 6749 §5.1).
    token_type = answer.get("token_type")
    if not isinstance(token_type, str) or token_type.lower() != "bearer":
        raise MalformedAnswer("its token_type is not Bearer")
    if answer.get("issued_token_type") != ACCESS_TOKEN:  # REQUIRED (RFC 8693 §2.2.1)
        raise MalformedAnswer("its issued_token_type is not that of an access token")
    token = answer.get("access_token")
    if not isinstance(token, str) or not token:
        raise MalformedAnswer("it has no access_token")
    return token


def _refusal(response: UpstreamResponse, secrets: Collection[str]) -> ExchangeError:
    status = response.status
    body = _body(response)
    error = readable(body.get("error"), limit=60, hiding=secrets)
    description = readable(body.get("error_description"), hiding=secrets)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TenantUnavailable("it allows no more exchanges at the moment (429)", retry_after(response.headers))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return TenantUnavailable(f"it failed ({status})", retry_after(response.headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return (ClientRejected if error in CLIENT_CODES else SubjectTokenRejected)(status, error, description)
    if status >= HTTPStatus.BAD_REQUEST:
        return BAD_REQUEST_CODES.get(error, ExchangeRefused)(status, error, description)
    return MalformedAnswer(f"it has the status {status}")  # redirects among them: they are never followed


def _body(response: UpstreamResponse) -> dict[str, Any]:
    try:
        return response.json()
    except MalformedJson:
        return {}  # the status says enough
