"""Why a request is refused: the RFCs' error codes as types, each with a reason code and a sentence.

The sentences are fixed; they never repeat what the caller sent.
"""

from collections.abc import Sequence
from enum import StrEnum

from on_behalf_of.resource_server.step_up import scopes_to_ask_for


class Reason(StrEnum):
    """Stable codes, for the audit log and for people who search for the cause."""

    # The request (RFC 6750 §2, §3.1)
    NO_TOKEN = "no_token"  # noqa: S105 - a reason code, not a secret
    MALFORMED_AUTHORIZATION = "malformed_authorization"
    SEVERAL_AUTHORIZATIONS = "several_authorizations"
    TOKEN_IN_QUERY = "token_in_query"  # noqa: S105
    # The token's form (RFC 7515, RFC 8725)
    TOKEN_TOO_LONG = "token_too_long"  # noqa: S105
    NOT_A_JWT = "not_a_jwt"
    ALGORITHM = "algorithm_not_accepted"
    NO_KEY_ID = "no_key_id"
    CRITICAL_HEADER = "critical_header"
    TOKEN_TYPE = "token_type_not_accepted"  # noqa: S105
    DIALECT = "dialect_not_accepted"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "bad_signature"
    # The token's claims (RFC 7519, RFC 9068 §4)
    MALFORMED_CLAIMS = "malformed_claims"
    CLAIM = "missing_or_malformed_claim"
    ISSUER = "wrong_issuer"
    AUDIENCE = "wrong_audience"
    EXPIRED = "token_expired"
    NOT_YET_VALID = "token_not_yet_valid"
    ID_TOKEN = "id_token"  # noqa: S105
    BOUND_TOKEN = "bound_token"  # noqa: S105
    ACTOR = "malformed_actor"
    ACTOR_DEPTH = "actor_chain_too_long"
    CLIENTS_DIFFER = "clients_differ"
    # What the token allows (RFC 6750 §3.1)
    SCOPE = "insufficient_scope"
    UNSCOPED_VIEW = "unscoped_view"
    # Who may act with it: a resource's own rules (RFC 8693 §4.1)
    ACTOR_NOT_CLIENT = "actor_not_client"
    ACTOR_NOT_TRUSTED = "actor_not_trusted"
    DELEGATION_REQUIRED = "delegation_required"
    MACHINE = "machine_not_allowed"
    ORGANIZATION = "organization_not_allowed"
    UNKNOWN_USER = "unknown_user"


DESCRIPTIONS = {
    Reason.NO_TOKEN: "This resource needs an access token in the Authorization header.",
    Reason.MALFORMED_AUTHORIZATION: "The Authorization header must be the word Bearer, one space and one token.",
    Reason.SEVERAL_AUTHORIZATIONS: "The request must carry exactly one Authorization header.",
    Reason.TOKEN_IN_QUERY: "Access tokens are accepted in the Authorization header only, never in the URL.",
    Reason.TOKEN_TOO_LONG: "The access token is longer than 16 KB.",
    Reason.NOT_A_JWT: "The access token is not a signed JWT; ask the tenant for one for this resource.",
    Reason.ALGORITHM: "The access token must be signed with RS256.",
    Reason.NO_KEY_ID: "The access token's header does not name its key (kid).",
    Reason.CRITICAL_HEADER: "The access token's header uses an extension that is not supported here.",
    Reason.TOKEN_TYPE: "This kind of token (typ) is not an access token.",
    Reason.DIALECT: "Access tokens of this dialect are not accepted here.",
    Reason.UNKNOWN_KEY: "The access token is signed with a key that the issuer does not publish.",
    Reason.SIGNATURE: "The access token's signature is wrong.",
    Reason.MALFORMED_CLAIMS: "The access token's claims are not a well-formed JSON object.",
    Reason.CLAIM: "The access token lacks a claim that it needs, or one has the wrong form",
    Reason.ISSUER: "The access token comes from another issuer.",
    Reason.AUDIENCE: "The access token is for another audience.",
    Reason.EXPIRED: "The access token has expired.",
    Reason.NOT_YET_VALID: "The access token is not valid yet.",
    Reason.ID_TOKEN: "This is an ID token; an access token is needed.",
    Reason.BOUND_TOKEN: "The access token is bound to a key or certificate (cnf), which is not supported here.",
    Reason.ACTOR: "The access token's act claim has the wrong form.",
    Reason.ACTOR_DEPTH: "The access token's act claim nests deeper than five actors.",
    Reason.CLIENTS_DIFFER: "The access token names two different clients, in client_id and in azp.",
    Reason.SCOPE: "The access token lacks a scope that this operation needs.",
    Reason.UNSCOPED_VIEW: "This operation names no scope, so no access token may call it.",
    Reason.ACTOR_NOT_CLIENT: "The current actor (act) is not the client that the access token was issued to.",
    Reason.ACTOR_NOT_TRUSTED: "The current actor (act) may not call this resource.",
    Reason.DELEGATION_REQUIRED: "Only calls made on a user's behalf through token exchange are accepted here.",
    Reason.MACHINE: "A client's own token is not accepted here; a call needs a user.",
    Reason.ORGANIZATION: "The access token does not belong to an organization that may use this resource.",
    Reason.UNKNOWN_USER: "The token's user has no active account here.",
}


class BearerTokenError(Exception):
    """The request is refused because of its token. RFC 6750 §3.1 defines status and `error`."""

    status: int
    error: str | None

    def __init__(self, reason: Reason, description: str | None = None) -> None:
        self.reason = reason
        self.description = description or DESCRIPTIONS[reason]
        super().__init__(self.description)

    def description_by(self, kind: str) -> str:
        """Return the sentence with the word for this kind of resource, such as "MCP server" or "API"."""
        return self.description.replace("his resource", f"his {kind}")


class MissingToken(BearerTokenError):
    """The request has no credentials. The challenge then carries no error code (RFC 6750 §3.1)."""

    status, error = 401, None

    def __init__(self) -> None:
        super().__init__(Reason.NO_TOKEN)


class InvalidRequest(BearerTokenError):
    """The request itself is malformed, such as two Authorization headers."""

    status, error = 400, "invalid_request"


class InvalidToken(BearerTokenError):
    """The token is malformed, expired, for another service, or not acceptable for another reason."""

    status, error = 401, "invalid_token"

    def __init__(self, reason: Reason, *, claim: str | None = None) -> None:
        # `claim` is one of our own names, never a name from the token.
        super().__init__(reason, f"{DESCRIPTIONS[reason]} ({claim})." if claim else None)
        self.claim = claim


class InsufficientScope(BearerTokenError):
    """The token is valid but lacks scopes. `scopes` are all that the operation needs.

    The challenge also names the scopes in `keeping`, which some clients would lose by asking for the others only.
    """

    status, error = 403, "insufficient_scope"

    def __init__(self, scopes: Sequence[str], *, keeping: Sequence[str] = ()) -> None:
        super().__init__(Reason.SCOPE)
        self.scopes = tuple(scopes)
        self.to_ask_for = scopes_to_ask_for(scopes, held=keeping)


class NotPermitted(BearerTokenError):
    """The token is valid, but a rule of the resource forbids the call. Another scope would not help.

    RFC 6750 §3.1 has no code for this, so none is sent: `insufficient_scope` would make clients ask for consent,
    `invalid_token` would make them log in again. The challenge, which §3 requires anyway, only names the metadata.
    """

    status, error = 403, None


class KeysUnavailable(Exception):
    """The issuer's keys cannot be fetched, so it is unknown whether the token is valid. Answer 503, never 401."""

    description = "The issuer's keys cannot be fetched at the moment; try again."

    def __init__(self, retry_after: int) -> None:
        super().__init__(self.description)
        self.retry_after = retry_after  # seconds
