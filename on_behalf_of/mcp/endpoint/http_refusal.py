import json
from dataclasses import dataclass, field
from typing import Any

from on_behalf_of.mcp.endpoint.asgi_types import Send
from on_behalf_of.mcp.endpoint.jsonrpc_request import INVALID_REQUEST

INTERNAL_ERROR = -32603


@dataclass(eq=False)  # not frozen: Python writes the traceback into exceptions
class HttpRefusal(Exception):
    """A refusal that the gate answers itself.

    The body is a JSON-RPC error (MCP streamable HTTP allows one with any status), because clients show its message to
    people. `data` repeats the message's content in fields.
    """

    status: int
    message: str  # a fixed sentence, which never repeats the request
    data: dict[str, Any] = field(default_factory=dict)
    headers: tuple[tuple[str, str], ...] = ()
    code: int = INVALID_REQUEST
    request_id: str | int | None = None

    async def send_to(self, send: Send) -> None:
        """Send the refusal as one complete HTTP response."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.data:
            error["data"] = self.data
        body = json.dumps({"jsonrpc": "2.0", "id": self.request_id, "error": error}).encode()
        headers = (
            ("content-type", "application/json"),
            ("content-length", str(len(body))),
            ("cache-control", "no-store"),
            *self.headers,
        )
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
            }
        )
        await send({"type": "http.response.body", "body": body})
