import os
from typing import Any

import jwt
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

ISSUER, AUDIENCE = os.environ["OAUTH_ISSUER"], os.environ["API_AUTH0_AUDIENCE"]
LIFESPAN = float(os.environ.get("BASELINE_KEYS_LIFESPAN", "300"))  # seconds; PyJWT's own default
keys = jwt.PyJWKClient(f"{ISSUER}.well-known/jwks.json", lifespan=LIFESPAN)


class User:
    is_authenticated = True


class BearerAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, dict[str, Any]] | None:
        scheme, _, token = get_authorization_header(request).decode().partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            key = keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(token, key.key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)
        except jwt.PyJWTError as error:
            raise AuthenticationFailed("The token is not accepted.") from error
        return User(), claims

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
