"""A fake API that keeps every request as it came, and what came after it. `loopback_server` normalizes paths."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from tests.loopback_server import Reply

HEAD_END = b"\r\n\r\n"
JSON = "application/json"


@dataclass(frozen=True)
class RawRequest:
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]  # as they came, with repeated ones
    body: bytes
    surplus: bytes = b""  # what came after the body, before the answer

    def header(self, name: str) -> str | None:
        """Return the values of a header, joined; None if it did not come."""
        found = [value for each, value in self.headers if each.lower() == name.lower()]
        return ", ".join(found) if found else None


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(status, json.dumps(value).encode(), {"Content-Type": JSON, **(headers or {})})


@dataclass
class RawApi:
    """What came, and what to say: `answer` is called for each request."""

    url: str = ""  # without trailing slash
    received: list[RawRequest] = field(default_factory=list)
    answer: Callable[[RawRequest], Reply] = lambda _: json_reply({})

    def taken(self) -> list[RawRequest]:
        """Return what came since the last time, and forget it."""
        found, self.received = self.received, []
        return found


@contextmanager
def raw_api() -> Iterator[RawApi]:
    """Serve a RawApi on a free port, with connections that stay open."""
    api = RawApi()

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError):
                unread = b""
                while (read := _next_request(self.request, unread)) is not None:
                    request, unread = read
                    api.received.append(request)
                    self.request.sendall(_written(api.answer(request)))

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

    server = Server(("127.0.0.1", 0), Connection)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        api.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _next_request(connection: socket.socket, unread: bytes) -> tuple[RawRequest, bytes] | None:
    while HEAD_END not in unread:
        if not (chunk := connection.recv(65_536)):
            return None
        unread += chunk
    head, _, rest = unread.partition(HEAD_END)
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, after = first.partition(" ")
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    while len(rest) < length:
        if not (chunk := connection.recv(65_536)):
            return None
        rest += chunk
    target = after.removesuffix(" HTTP/1.1")
    return RawRequest(method, target, headers, rest[:length], rest[length:]), rest[length:]


def _written(reply: Reply) -> bytes:
    fields = {"Content-Length": str(len(reply.body)), **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} -", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode("latin-1") + HEAD_END + reply.body
