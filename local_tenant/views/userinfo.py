import re
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from local_tenant.cross_origin import cross_origin
from local_tenant.endpoint_url import endpoint_url
from local_tenant.id_token import user_claims
from local_tenant.models import TenantUser
from local_tenant.oauth_errors import InvalidSubjectToken, error_response
from local_tenant.subject_token import verified_claims
from local_tenant.unexpected_errors import answering_server_error

METHODS = ("GET", "HEAD", "POST")
BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]+=*)", re.IGNORECASE)  # RFC 6750 §2.1


class TokenRefused(Exception):
    """A refused token: an error code of RFC 6750 §3.1 and its status. The code is empty if no token was sent."""

    def __init__(self, status: int, error: str = "", description: str = "") -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description


@csrf_exempt
@cross_origin("GET", "POST")
@answering_server_error
@sensitive_variables()
def userinfo(request: HttpRequest) -> HttpResponse:
    """Serve userinfo (OpenID Connect Core §5.3): the claims of the user whose access token has the scope openid.

    The token must be in the Authorization header. Not checked: whether it was revoked, because access tokens are
    self-contained, as at Auth0.
    """
    if request.method not in METHODS:
        response = error_response("invalid_request", f"{request.method} is not supported; use GET or POST.", 405)
        response["Allow"] = ", ".join((*METHODS, "OPTIONS"))
        return response
    try:
        claims = _judged(_presented(request.headers.get("Authorization", "")))
    except TokenRefused as refusal:
        return _challenge(refusal)
    return JsonResponse(claims, headers={"Cache-Control": "no-store"})


def _presented(authorization: str) -> str:
    scheme, _, _ = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenRefused(401)
    found = BEARER.fullmatch(authorization)
    if found is None:
        raise TokenRefused(400, "invalid_request", "The Authorization header must contain one bearer token.")
    return found[1]


def _judged(token: str) -> dict[str, Any]:
    """Return the user's claims that the token allows. Raises TokenRefused."""
    invalid = TokenRefused(401, "invalid_token", "The access token is invalid, has expired, or is not a user's.")
    try:
        claims = verified_claims(token)
    except InvalidSubjectToken:
        raise invalid from None
    user = TenantUser.objects.filter(subject=claims["sub"], is_active=True).first()
    if user is None or not isinstance(claims.get("scope"), str):  # an ID token has no scope
        raise invalid
    scopes = claims["scope"].split()
    if "openid" not in scopes:
        raise TokenRefused(403, "insufficient_scope", "The access token lacks the scope openid.")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if endpoint_url("user-info") not in audience:
        raise TokenRefused(401, "invalid_token", "The access token is not for the userinfo endpoint.")
    return {"sub": user.subject, **user_claims(user, scopes)}


def _challenge(refusal: TokenRefused) -> HttpResponse:
    """Return the error in the WWW-Authenticate header (RFC 6750 §3) and, for people, in the body."""
    attributes = {"realm": "Local tenant", "error": refusal.error, "error_description": refusal.description}
    if refusal.error == "insufficient_scope":
        attributes["scope"] = "openid"
    response = (
        error_response(refusal.error, refusal.description, refusal.status)
        if refusal.error
        else HttpResponse(status=refusal.status, headers={"Cache-Control": "no-store"})
    )
    response["WWW-Authenticate"] = "Bearer " + ", ".join(
        f'{name}="{text}"' for name, text in attributes.items() if text
    )
    return response
