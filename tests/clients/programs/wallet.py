"""What a program adds to the Python SDK's own OAuth code: a browser, a callback on loopback, and a file to keep."""

import asyncio
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken


class Wallet:
    """The SDK's TokenStorage, in a file; a client that is registered keeps the port of its callback."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept = json.loads(file.read_text()) if file.exists() else {}
        self._answers: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        self._server = HTTPServer(("127.0.0.1", self._kept.get("port", 0)), self._callback())
        self._keep("port", self._server.server_port)
        Thread(target=self._server.serve_forever, daemon=True).start()
        self.client_metadata = OAuthClientMetadata.model_validate(
            {
                "client_name": "A program on the Python SDK",
                "redirect_uris": [f"http://127.0.0.1:{self._server.server_port}/callback"],
                "grant_types": ["authorization_code", "refresh_token"],
                "response_types": ["code"],
                "token_endpoint_auth_method": "none",
            }
        )

    async def get_tokens(self) -> OAuthToken | None:
        return OAuthToken.model_validate(self._kept["tokens"]) if "tokens" in self._kept else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self._keep("tokens", tokens.model_dump(mode="json", exclude_none=True))

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return OAuthClientInformationFull.model_validate(self._kept["client"]) if "client" in self._kept else None

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self._keep("client", client_info.model_dump(mode="json", exclude_none=True))

    async def open_browser(self, address: str) -> None:
        await asyncio.create_subprocess_exec(os.environ["BROWSER"], address)

    async def answer(self) -> dict[str, str]:
        """Return code, state and iss of the tenant's redirect. The SDK checks the last two."""
        return await self._answers.get()

    def _keep(self, name: str, value: object) -> None:
        self._kept[name] = value
        self._file.touch(mode=0o600)
        self._file.write_text(json.dumps(self._kept))

    def _callback(self) -> type[BaseHTTPRequestHandler]:
        wallet = self

        class Callback(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"You can close this window.")
                wallet._loop.call_soon_threadsafe(wallet._answers.put_nowait, query)

            def log_message(self, *_arguments: object) -> None:
                pass

        return Callback
