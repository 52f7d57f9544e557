"""A small local HTTP server, for the parties that the bridge talks to."""

import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Received:
    method: str
    path: str  # with its query
    headers: Message
    body: bytes


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def serving(respond: Callable[[Received], Reply], port: int = 0, *, tls: Path | None = None) -> Iterator[str]:
    """Serves `respond` at `port` or a free one, a thread for each request; gives the URL, without trailing slash.

    With `tls`, a file with certificate and key, by https. A reply's own Date takes the place of the server's.
    """

    class Handler(BaseHTTPRequestHandler):
        # A handshake for each request would be most of the work.
        protocol_version = "HTTP/1.1" if tls else "HTTP/1.0"
        disable_nagle_algorithm = True

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            reply = respond(Received(self.command, self.path, self.headers, self.rfile.read(length)))
            try:
                self.send_response_only(reply.status)
                date = self.date_time_string()
                for name, value in {"Date": date, "Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)
            except OSError:
                pass  # the bridge had heard enough

        do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, *args: Any) -> None:
            """Log nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Log nothing if a client rejects the certificate or has gone."""
            if not isinstance(sys.exception(), OSError):
                super().handle_error(request, client_address)

    server = Server(("127.0.0.1", port), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
