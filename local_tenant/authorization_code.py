import json
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone
from oauth2_provider.models import Grant

from local_tenant.authorization_request import AuthorizationRequest
from local_tenant.models import TenantUser

LIFETIME = timedelta(seconds=60)


def issue_code(asked_for: AuthorizationRequest, user: TenantUser, scopes: Sequence[str]) -> str:
    """Return a code for what the user has just granted. It can be redeemed once (RFC 6749 §4.1.2)."""
    code = secrets.token_urlsafe(32)
    organization = asked_for.organization
    Grant.objects.create(
        application=asked_for.client.application,
        user=user.user,
        code=code,
        expires=timezone.now() + LIFETIME,
        redirect_uri=asked_for.client.redirect_uri,
        scope=" ".join(scopes),
        code_challenge=asked_for.code_challenge,
        code_challenge_method="S256",
        nonce=asked_for.nonce,
        resource=[asked_for.api.identifier],
        # This column is for OpenID Connect's `claims` parameter, which this tenant does not support, so it is free.
        claims=json.dumps({"org_id": organization.org_id} if organization else {}),
    )
    return code
