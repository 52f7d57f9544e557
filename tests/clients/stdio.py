"""A host that starts an MCP server as a program and talks to it over its standard streams (as Claude Desktop does)."""

import json
import queue
import subprocess
import threading
from types import TracebackType
from typing import Any

PROTOCOL = "2025-11-25"
PATIENCE = 120.0  # seconds; a login may lie in between


class StdioHost:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.errors: list[str] = []
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._last_id = 0
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._read_errors, daemon=True).start()

    def initialize(self) -> dict[str, Any]:
        client = {"protocolVersion": PROTOCOL, "capabilities": {}, "clientInfo": {"name": "host", "version": "1"}}
        answer = self.request("initialize", client)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def tools(self) -> list[str]:
        return [tool["name"] for tool in self.request("tools/list")["result"]["tools"]]

    def call(self, name: str, **arguments: Any) -> str:
        """Return the text that a user would see, including errors."""
        return json.dumps(self.request("tools/call", {"name": name, "arguments": arguments}))

    def request(self, method: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        self._last_id += 1
        self._send({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params or {}})
        while True:
            try:
                answer = self._answers.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no answer to {method}: {''.join(self.errors[-20:])}") from None
            assert answer is not None, f"it ended: {''.join(self.errors[-20:])}"
            if answer.get("id") == self._last_id and "method" not in answer:
                return answer

    def __enter__(self) -> "StdioHost":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _send(self, message: dict[str, Any]) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._answers.put(json.loads(line))
        self._answers.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.errors.extend(self.process.stderr)
