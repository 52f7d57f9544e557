import json
from dataclasses import dataclass

from on_behalf_of.mcp.endpoint.asgi_types import Scope, Send
from on_behalf_of.resource_server.protected_resource import WELL_KNOWN, ProtectedResource

# Browser clients of any origin may read it. They send MCP-Protocol-Version, for which browsers make a preflight.
OPEN_TO_ALL = (("access-control-allow-origin", "*"),)
PREFLIGHT = (
    *OPEN_TO_ALL,
    ("access-control-allow-methods", "GET"),
    ("access-control-allow-headers", "MCP-Protocol-Version, Content-Type"),
    ("access-control-max-age", "600"),
)


@dataclass(frozen=True)
class MetadataDocument:
    """The server's metadata for MCP clients (RFC 9728 §3), at the path for its endpoint (§3.1).

    `is_at_root` serves it at the root's path too, where clients look if the other one is missing. An API on the same
    host has its own document there.
    """

    resource: ProtectedResource
    endpoint: str  # the path that clients call, such as /mcp
    is_at_root: bool = True

    def is_at(self, path: str) -> bool:
        """Return whether the document is served at `path`. A final slash is accepted, because some clients add it."""
        plain = path.removesuffix("/")
        return plain == WELL_KNOWN + self.endpoint or (self.is_at_root and plain == WELL_KNOWN)

    async def answer(self, scope: Scope, send: Send) -> None:
        """Answer GET with the document, OPTIONS as a preflight, and any other method with 405."""
        match scope["method"]:
            case "GET" | "HEAD":
                await _respond(scope, send, 200, json.dumps(self.resource.metadata()).encode(), OPEN_TO_ALL)
            case "OPTIONS":
                await _respond(scope, send, 204, b"", PREFLIGHT)
            case _:
                await _respond(scope, send, 405, b"", (("allow", "GET, HEAD, OPTIONS"),))


async def _respond(scope: Scope, send: Send, status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    about_body = (("content-type", "application/json"), ("content-length", str(len(body)))) if body else ()
    encoded = [(name.encode(), value.encode()) for name, value in (*about_body, *headers)]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
