"""The MCP server of Auth0's quickstart, on the official SDK. Each tool call exchanges the token and calls the API.

As in the quickstart, nothing is kept between calls: auth0-api-python and httpx open a client, with its TLS context, for
each request that they send.
"""

import os

import httpx
from auth0_api_python import ApiClient, ApiClientOptions  # type: ignore[import-untyped]
from auth0_api_python.errors import BaseAuthError  # type: ignore[import-untyped]
from mcp.server import MCPServer
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from pydantic import AnyHttpUrl

DOMAIN, AUDIENCE = os.environ["AUTH0_DOMAIN"], os.environ["AUTH0_AUDIENCE"]
API, API_AUDIENCE = os.environ["API_BASE_URL"], os.environ["API_AUTH0_AUDIENCE"]
auth0 = ApiClient(
    ApiClientOptions(
        domain=DOMAIN,
        audience=AUDIENCE,
        client_id=os.environ["MCP_AUTH0_CLIENT_ID"],
        client_secret=os.environ["MCP_AUTH0_CLIENT_SECRET"],
    )
)


class Verifier:
    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            claims = await auth0.verify_access_token(access_token=token)
        except BaseAuthError:
            return None
        client_id = claims.get("azp") or claims["client_id"]
        scopes = claims.get("scope", "").split()
        return AccessToken(token=token, client_id=client_id, subject=claims["sub"], scopes=scopes)


server = MCPServer(
    "quickstart",
    token_verifier=Verifier(),
    auth=AuthSettings(
        issuer_url=AnyHttpUrl(f"https://{DOMAIN}/"),
        resource_server_url=AnyHttpUrl(AUDIENCE),
        required_scopes=["tool:greet"],
        validate_token_resource=False,  # verify_access_token checks the audience
    ),
    log_level="WARNING",
)


@server.tool()
async def greet() -> str:
    """Greet the signed-in user with what the API says about them."""
    caller = get_access_token()
    assert caller is not None
    exchanged = await auth0.get_token_on_behalf_of(
        access_token=caller.token, audience=API_AUDIENCE, scope="read:private"
    )
    async with httpx.AsyncClient() as client:
        authorization = {"Authorization": f"Bearer {exchanged['access_token']}"}
        answer = await client.get(f"{API}/api/private-scope", headers=authorization)
    answer.raise_for_status()
    return f"Hello {caller.subject}! The API sees: {answer.text}"


app = server.streamable_http_app(stateless_http=True)
