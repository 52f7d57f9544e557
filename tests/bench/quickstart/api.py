"""The API of Auth0's quickstart: Starlette, and auth0-api-python for the bearer token. It keeps no log."""

import os

from auth0_api_python import ApiClient, ApiClientOptions  # type: ignore[import-untyped]
from auth0_api_python.errors import BaseAuthError  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError, BaseUser, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

auth0 = ApiClient(ApiClientOptions(domain=os.environ["AUTH0_DOMAIN"], audience=os.environ["API_AUTH0_AUDIENCE"]))


class TokenUser(BaseUser):
    def __init__(self, claims: dict[str, object]) -> None:
        self.claims = claims

    @property
    def is_authenticated(self) -> bool:
        return True


class BearerBackend(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        scheme, _, token = conn.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise AuthenticationError("A bearer token is required.")
        try:
            claims = await auth0.verify_access_token(access_token=token)
        except BaseAuthError as error:
            raise AuthenticationError(str(error)) from error
        return AuthCredentials(str(claims.get("scope", "")).split()), TokenUser(claims)


def refuse(_connection: HTTPConnection, error: Exception) -> Response:
    challenge = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return JSONResponse({"error": "invalid_token", "error_description": str(error)}, status_code=401, headers=challenge)


@requires("read:private", status_code=403)
async def private_scope(request: Request) -> Response:
    claims = request.user.claims
    return JSONResponse({"subject": claims["sub"], "scopes": request.auth.scopes, "act": claims.get("act")})


app = Starlette(
    routes=[Route("/api/private-scope", private_scope)],
    middleware=[Middleware(AuthenticationMiddleware, backend=BearerBackend(), on_error=refuse)],
)
