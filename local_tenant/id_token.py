import base64
import hashlib
import time
import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings

from local_tenant.models import Organization, TenantUser

LIFETIME = 3600  # seconds


def id_token_claims(
    user: TenantUser,
    client_id: str,
    scopes: Collection[str],
    *,
    access_token: str,
    nonce: str | None,
    organization: Organization | None,
) -> dict[str, Any]:
    """Return an ID token's claims (OpenID Connect Core §2), with those of §5.4 that the granted scopes allow."""
    now = int(time.time())
    logged_in: datetime | None = user.user.last_login
    claims: dict[str, Any] = {
        "iss": settings.LOCAL_TENANT.issuer,
        "sub": user.subject,
        "aud": client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "auth_time": int(logged_in.timestamp()) if logged_in else now,
        "jti": str(uuid.uuid4()),
        "at_hash": _half_hash(access_token),
    }
    if nonce:
        claims["nonce"] = nonce
    if organization:
        claims["org_id"] = organization.org_id
    return claims | user_claims(user, scopes)


def user_claims(user: TenantUser, scopes: Collection[str]) -> dict[str, Any]:
    """Return the claims of §5.4 that the granted scopes allow, for ID tokens and userinfo."""
    claims: dict[str, Any] = {}
    if "profile" in scopes and user.name:
        claims["name"] = user.name
    if "email" in scopes:
        claims |= {"email": user.email, "email_verified": True}
    return claims


def _half_hash(token: str) -> str:
    """Return the left half of the hash that RS256 uses (§3.1.3.6)."""
    digest = hashlib.sha256(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
