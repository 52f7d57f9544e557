"""What `peers` asks of each target, in which way."""

import json
from dataclasses import dataclass

from tests.bench.tokens import SUBJECT

API_PATH, MCP_PATH = "/api/private-scope", "/mcp"
HEADERS = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
BODY = json.dumps(
    {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "greet", "arguments": {}}}
).encode()
API_CONNECTIONS, TOOL_CONNECTIONS = 16, 4


@dataclass(frozen=True)
class Scenario:
    name: str
    service: str  # "api" or "mcp"
    tokens: str  # "one", "once" (each is used once) or "without scope"
    tenant_delay: int = 0  # milliseconds
    connections: int = 0  # at a time; 0 stands for the usual number

    def __post_init__(self) -> None:
        usual = API_CONNECTIONS if self.service == "api" else TOOL_CONNECTIONS
        object.__setattr__(self, "connections", self.connections or usual)

    @property
    def is_answered(self) -> bool:
        """Return whether the target should grant the call."""
        return self.tokens != "without scope"

    @property
    def status(self) -> int:
        return 200 if self.is_answered else 403

    def is_good(self, status: int, body: bytes) -> bool:
        """Return whether this is the expected answer; one that was granted names the user, whom only the API knows."""
        return status == self.status and (not self.is_answered or SUBJECT.encode() in body)


SCENARIOS = (
    Scenario("API, one token", "api", "one"),
    Scenario("API, each token once", "api", "once"),
    Scenario("API, refused for its scope", "api", "without scope"),
    Scenario("tool call, one user", "mcp", "one"),
    Scenario("tool call, each token once", "mcp", "once"),
    Scenario("tool call, tenant 30 ms away", "mcp", "one", tenant_delay=30),
)
GROWING = (
    Scenario("API, one token", "api", "one", connections=32),
    Scenario("API, each token once", "api", "once", connections=32),
    Scenario("tool call, one user", "mcp", "one", connections=16),
    Scenario("tool call, each token once", "mcp", "once", connections=16),
)
