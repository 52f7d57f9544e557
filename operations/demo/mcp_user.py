from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
import httpx2
from mcp import Client
from mcp.client.auth import OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import AuthorizationCodeResult, OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

from operations.demo.person import Person

REDIRECT_URI = "http://localhost:6274/oauth/callback"


@dataclass
class Wallet:
    """What an MCP client keeps between its requests: its registration and its tokens."""

    tokens: OAuthToken | None = None
    client: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


@asynccontextmanager
async def mcp_client(
    url: str, person: Person, wallet: Wallet, *, client_metadata_url: str | None = None
) -> AsyncIterator[Client]:
    """Connect the `mcp` package's own client to `url`; `person` handles the pages that a browser would show.

    With `client_metadata_url`, the client presents that URL as its id (CIMD); without, it registers itself (DCR).
    """
    came_back: list[str] = []

    async def open_browser(authorization_url: str) -> None:
        came_back.append(
            await anyio.to_thread.run_sync(lambda: person.authorize(authorization_url, redirect_uri=REDIRECT_URI))
        )

    async def wait_for_callback() -> AuthorizationCodeResult:
        query = {name: values[0] for name, values in parse_qs(urlsplit(came_back[-1]).query).items()}
        return AuthorizationCodeResult(code=query.get("code", ""), state=query.get("state"), iss=query.get("iss"))

    metadata = OAuthClientMetadata.model_validate(
        {
            "client_name": "Demo client",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }
    )
    provider = OAuthClientProvider(
        url, metadata, wallet, open_browser, wait_for_callback, client_metadata_url=client_metadata_url
    )
    async with (
        httpx2.AsyncClient(auth=provider, timeout=30, trust_env=False) as http,
        Client(streamable_http_client(url, http_client=http)) as client,
    ):
        yield client
