from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings

from local_tenant.blank import is_blank
from local_tenant.models import Api, Organization, TenantUser
from local_tenant.oauth_errors import InvalidSubjectToken
from local_tenant.signing_keys import published_keys

MAX_LENGTH = 16_384


@dataclass(frozen=True)
class SubjectToken:
    """A verified access token that this tenant issued for a user."""

    api: Api  # that it was issued for
    user: TenantUser
    client_id: str
    organization: Organization | None
    act: dict[str, Any] | None
    actors: tuple[str, ...]  # the actors that `act` names, latest first


def verify_subject_token(token: str) -> SubjectToken:
    """Verify a subject token with the tenant's own keys, including those from before a rotation.

    An ID token is refused, because its audience is a client. Not checked: whether the token was revoked at
    /oauth/revoke, because access tokens are self-contained, as at Auth0. Raises InvalidSubjectToken.
    """
    claims = verified_claims(token)
    subject = _identifier(claims, "sub")
    user = TenantUser.objects.select_related("user").filter(subject=subject, is_active=True).first()
    if user is None:
        raise InvalidSubjectToken("The subject token must belong to an active user.")
    named = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    api = Api.objects.filter(identifier__in=named).first()
    if api is None:
        raise InvalidSubjectToken("The subject token's audience is not an API of this tenant.")
    organization = None
    if "org_id" in claims:
        org_id = _identifier(claims, "org_id")
        organization = Organization.objects.filter(org_id=org_id).first()
        if organization is None:
            raise InvalidSubjectToken("The subject token's organization does not exist.")
    client_id = _client_id(claims)
    act = claims.get("act")
    actors = _actors(act)
    if act is not None and act.get("client_id", act["sub"]) != client_id:
        raise InvalidSubjectToken("The subject token's current actor is not its client.")
    return SubjectToken(api, user, client_id, organization, act, actors)


def _client_id(claims: dict[str, Any]) -> str:
    """Return the one client that the token names, by `client_id`, `azp` or both. Raises InvalidSubjectToken."""
    named = {_identifier(claims, name) for name in ("client_id", "azp") if name in claims}
    if len(named) != 1:
        raise InvalidSubjectToken("The subject token must name one client, in client_id or azp.")
    return named.pop()


def _actors(act: Any) -> tuple[str, ...]:
    """Return the subjects of a chain of `act` claims (RFC 8693 §4.1). Raises InvalidSubjectToken if malformed."""
    actors: list[str] = []
    while act is not None:
        if not isinstance(act, dict):
            raise InvalidSubjectToken("The subject token's act claim is malformed.")
        actors.append(_identifier(act, "sub"))
        if "client_id" in act:
            _identifier(act, "client_id")
        act = act.get("act")
    return tuple(actors)


def _identifier(claims: dict[str, Any], name: str) -> str:
    """Return an identifier claim. Raises InvalidSubjectToken if it is missing, not a string, or blank."""
    value = claims.get(name)
    if not isinstance(value, str) or is_blank(value):
        raise InvalidSubjectToken(f"The subject token's {name} is missing or blank.")
    return value


def verified_claims(token: str) -> dict[str, Any]:
    """Return the claims of a token that this tenant signed and that has not expired. Not checked: its audience.

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
            # The audience is an API, not this tenant; the exchange checks whether the client may present the token.
            options={"require": ["iss", "sub", "aud", "exp", "iat"], "verify_aud": False},
        )
    except (jwt.InvalidTokenError, StopIteration, ValueError, RecursionError):
        raise InvalidSubjectToken("The subject token is invalid or has expired.") from None
