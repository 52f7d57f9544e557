from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings

from local_tenant.models import Api, Organization, TenantUser
from local_tenant.oauth_errors import InvalidSubjectToken
from local_tenant.signing_keys import published_keys

MAX_LENGTH = 16_384


@dataclass(frozen=True)
class SubjectToken:
    """An access token of this tenant, of a user, that has just been verified."""

    api: Api  # whom it was issued for
    user: TenantUser
    client_id: str
    organization: Organization | None
    act: dict[str, Any] | None
    actors: tuple[str, ...]  # those that `act` names, the latest first


def verify_subject_token(token: str) -> SubjectToken:
    """Judge a subject token with the tenant's own keys, those of before a rotation included.

    An ID token is none: its audience is a client. Not checked: whether /oauth/revoke was called for it, because
    access tokens are self-contained, here as at Auth0. Raises InvalidSubjectToken.
    """
    claims = verified_claims(token)
    user = TenantUser.objects.select_related("user").filter(subject=claims["sub"], is_active=True).first()
    if user is None:
        raise InvalidSubjectToken("The subject token must be one of an active user.")
    named = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    api = Api.objects.filter(identifier__in=named).first()
    if api is None:
        raise InvalidSubjectToken("The subject token's audience is not an API of this tenant.")
    organization = None
    if org_id := claims.get("org_id"):
        organization = Organization.objects.filter(org_id=org_id).first()
        if organization is None:
            raise InvalidSubjectToken("The subject token's organization does not exist.")
    client_id = claims.get("client_id", claims.get("azp"))
    if not isinstance(client_id, str):
        raise InvalidSubjectToken("The subject token names no client.")
    act = claims.get("act")
    return SubjectToken(api, user, client_id, organization, act, _actors(act))


def _actors(act: Any) -> tuple[str, ...]:
    """The subjects of a chain of `act` claims (RFC 8693 §4.1). Raises InvalidSubjectToken for a malformed one."""
    actors: list[str] = []
    while act is not None:
        if not isinstance(act, dict) or not isinstance(act.get("sub"), str):
            raise InvalidSubjectToken("The subject token's act claim is malformed.")
        actors.append(act["sub"])
        act = act.get("act")
    return tuple(actors)


def verified_claims(token: str) -> dict[str, Any]:
    """Return the claims of a token that this tenant signed and that has not expired. Not checked: for whom it is.

    Raises InvalidSubjectToken.
    """
    if len(token) > MAX_LENGTH:
        raise InvalidSubjectToken("The subject token is too long.")
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = next(key for key in published_keys() if key.kid == kid)
        return jwt.decode(
            token,
            key.private_key.public_key(),
            algorithms=["RS256"],
            issuer=settings.LOCAL_TENANT.issuer,
            # The audience is not this tenant; whether the client may present it is judged by the exchange.
            options={"require": ["iss", "sub", "aud", "exp", "iat"], "verify_aud": False},
        )
    except (jwt.InvalidTokenError, StopIteration, ValueError, RecursionError):
        raise InvalidSubjectToken("The subject token is invalid or has expired.") from None
