"""A minimal bridge for comparison: the SDK's own authorization, and an exchange with a new HTTP client in each call.

It checks nothing of what the tenant answers, keeps no records and caches nothing. It is here to be compared with, on
the same server, tenant and API.
"""

import os
from typing import Any

import httpx2
import jwt
import mcp_types as types
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.lowlevel.server import Server
from pydantic import AnyHttpUrl

ISSUER, AUDIENCE = os.environ["OAUTH_ISSUER"], os.environ["AUTH0_AUDIENCE"]
API, API_AUDIENCE = os.environ["API_BASE_URL"], os.environ["API_AUTH0_AUDIENCE"]
CLIENT = {"client_id": os.environ["MCP_AUTH0_CLIENT_ID"], "client_secret": os.environ["MCP_AUTH0_CLIENT_SECRET"]}
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
keys = jwt.PyJWKClient(f"{ISSUER}.well-known/jwks.json")


class Verifier:
    async def verify_token(self, token: str) -> AccessToken | None:
        try:
            key = keys.get_signing_key_from_jwt(token)
            claims: dict[str, Any] = jwt.decode(token, key.key, algorithms=["RS256"], audience=AUDIENCE, issuer=ISSUER)
        except jwt.PyJWTError:
            return None
        return AccessToken(token=token, client_id=claims["client_id"], scopes=claims["scope"].split())


async def list_tools(_context: Any, _params: Any) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[types.Tool(name="greet", input_schema={"type": "object"})])


async def call_tool(_context: Any, _params: Any) -> types.CallToolResult:
    caller = get_access_token()
    assert caller is not None
    async with httpx2.AsyncClient(timeout=10) as client:
        form = {
            "grant_type": GRANT_TYPE,
            "subject_token": caller.token,
            "subject_token_type": ACCESS_TOKEN,
            "requested_token_type": ACCESS_TOKEN,
            "audience": API_AUDIENCE,
            "scope": "read:private",
        }
        issued = await client.post(f"{ISSUER}oauth/token", data=form | CLIENT)
        authorization = {"Authorization": f"Bearer {issued.json()['access_token']}"}
        answer = (await client.get(f"{API}/api/private-scope", headers=authorization)).json()
    structured = {"greeting": f"Hello {answer['subject']}!", "subject": answer["subject"]}
    return types.CallToolResult(content=[types.TextContent(text=structured["greeting"])], structured_content=structured)


server = Server("baseline", version="1", on_list_tools=list_tools, on_call_tool=call_tool)
application = server.streamable_http_app(
    stateless_http=True,
    json_response=True,
    host="localhost",
    auth=AuthSettings(
        issuer_url=AnyHttpUrl(ISSUER),
        resource_server_url=AnyHttpUrl(AUDIENCE),
        required_scopes=[],
        validate_token_resource=False,
    ),
    token_verifier=Verifier(),
)
