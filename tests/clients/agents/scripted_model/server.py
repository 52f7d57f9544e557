"""Serve the scripted model on loopback, in all dialects at one address."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.clients.agents.scripted_model import (
    anthropic_messages,
    gemini_generate_content,
    openai_chat,
    openai_responses,
)
from tests.clients.agents.scripted_model.answer import Json, Stream
from tests.clients.agents.scripted_model.conversation import Tool

DIALECTS = (anthropic_messages, gemini_generate_content, openai_chat, openai_responses)
MAX_BODY = 16 * 1024 * 1024  # bytes; agents send long instructions and many tools


@dataclass
class ScriptedModel:
    port: int = 0
    offered: set[Tool] = field(default_factory=set)  # the tools of all requests

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def offers(self, tool: str) -> bool:
        """Tell whether the client offered this MCP tool."""
        return any(each.is_named(tool) for each in self.offered)

    def answer(self, path: str, body: Json) -> Json | Stream | None:
        """Answer a request of any dialect; None for others."""
        for dialect in DIALECTS:
            answer: Json | Stream | None = dialect.answer(path, body)
            if answer is not None:
                self.offered.update(dialect.read(body).tools)
                return answer
        return None


def _error(message: str) -> Json:
    return {"error": {"message": message}}


def _handler(model: ScriptedModel) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._send_json(404, _error("The scripted model does not serve this."))

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > MAX_BODY or "Transfer-Encoding" in self.headers:
                self.close_connection = True  # the body stays unread
                self._send_json(413, _error("The body is too long, or its length is not told."))
                return
            content = self.rfile.read(length)
            try:
                answer = model.answer(urlsplit(self.path).path, json.loads(content or b"{}"))
            except (ValueError, LookupError, TypeError, AttributeError) as error:
                self._send_json(400, _error(f"The request is not of the form that is served: {error!r}"))
                return
            if isinstance(answer, Stream):
                self._send(200, "text/event-stream", answer.events.encode())
            elif answer is None:
                self._send_json(404, _error("The scripted model does not serve this."))
            else:
                self._send_json(200, answer)

        def _send_json(self, status: int, answer: Json) -> None:
            self._send(status, "application/json", json.dumps(answer).encode())

        def _send(self, status: int, kind: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


@contextmanager
def scripted_model() -> Iterator[ScriptedModel]:
    """Serve until the block ends, on a free port."""
    model = ScriptedModel()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(model)) as server:
        server.daemon_threads = True
        model.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield model
        finally:
            server.shutdown()
            thread.join()
