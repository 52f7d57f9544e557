"""Access tokens as JWTs, in the dialect that is set for the API."""

import hashlib
import time
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings
from oauth2_provider.models import AccessToken, Application

from local_tenant.endpoint_url import endpoint_url
from local_tenant.models import Api, Organization, TenantUser
from local_tenant.permitted_scopes import user_permissions
from local_tenant.signing_keys import signing_key


@dataclass(frozen=True)
class TokenSubject:
    """The user, the API and the actors that a token is issued for. oauthlib's request carries it as `subject`."""

    api: Api
    user: TenantUser | None  # None: the client itself (client credentials)
    organization: Organization | None = None
    act: dict[str, Any] | None = None  # RFC 8693 §4.1, the current actor outermost


def access_token(subject: TokenSubject, application: Application, scopes: Collection[str]) -> str:
    """Return a signed access token that is valid for the API's `token_lifetime` in seconds."""
    claims = access_token_claims(subject, application, scopes, issued_at=int(time.time()))
    typ = "at+jwt" if subject.api.dialect == Api.Dialect.RFC9068 else "JWT"
    token = signed_jwt(claims, typ=typ)
    while AccessToken.objects.filter(token_checksum=hashlib.sha256(token.encode()).hexdigest()).exists():
        # The Auth0 dialect has no jti, so two tokens issued in the same second could be identical.
        claims["exp"] -= 1
        token = signed_jwt(claims, typ=typ)
    return token


def access_token_claims(
    subject: TokenSubject, application: Application, scopes: Collection[str], *, issued_at: int
) -> dict[str, Any]:
    """Return the claims of RFC 9068 §2.2, or those of Auth0's own profile."""
    api, user, organization = subject.api, subject.user, subject.organization
    rfc9068 = api.dialect == Api.Dialect.RFC9068
    claims: dict[str, Any] = {
        "iss": settings.LOCAL_TENANT.issuer,
        "sub": user.subject if user else f"{application.client_id}@clients",
        "aud": audience(api, scopes),
        "iat": issued_at,
        "exp": issued_at + api.token_lifetime,
        "scope": " ".join(scopes),
        "client_id" if rfc9068 else "azp": application.client_id,
    }
    if rfc9068:
        claims["jti"] = uuid.uuid4().hex
    elif user is None:
        claims["gty"] = "client-credentials"
    if api.enforce_rbac:
        granted = user_permissions(user, api, organization) if user else set(scopes)
        claims["permissions"] = sorted(granted)
    if organization:
        claims["org_id"] = organization.org_id
    if subject.act:
        claims["act"] = subject.act
    return claims


def audience(api: Api, scopes: Collection[str]) -> str | list[str]:
    """Return the `aud` claim. With openid granted, it also names the tenant's userinfo endpoint, as at Auth0."""
    return [api.identifier, endpoint_url("user-info")] if "openid" in scopes else api.identifier


def signed_jwt(claims: dict[str, Any], *, typ: str) -> str:
    key = signing_key()
    return jwt.encode(claims, key.private_key, algorithm="RS256", headers={"typ": typ, "kid": key.kid})
