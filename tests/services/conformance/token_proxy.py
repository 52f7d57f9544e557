"""A reverse proxy that adds a bearer token, because the conformance suite has no option for a header."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 65_536  # bytes
MAX_HEAD = 65_536  # bytes


@contextmanager
def adding_token(port: int, token: str) -> Iterator[str]:
    """Forwards to `port` of this machine with `token` as bearer token; gives the URL, without trailing slash.

    It works on bytes and closes the connection after each response, so that whatever else a request says arrives as
    it was sent, and a stream arrives as it is written.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            # A client that goes away in the middle of a stream is what some scenarios do.
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as bridge:
                bridge.sendall(_with_token(_start_of(client), token))
                upwards = threading.Thread(target=_forward, args=(client, bridge), daemon=True)
                upwards.start()
                _forward(bridge, client)
                upwards.join()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 128

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def _start_of(client: socket.socket) -> bytes:
    """Return the head of the request, and the part of its body that came with it."""
    start = b""
    while b"\r\n\r\n" not in start and len(start) < MAX_HEAD:
        chunk = client.recv(CHUNK)
        if not chunk:
            raise ConnectionError("the request is not complete")
        start += chunk
    return start


def _with_token(start: bytes, token: str) -> bytes:
    head, _, body = start.partition(b"\r\n\r\n")
    request_line, *headers = head.split(b"\r\n")
    kept = [header for header in headers if not header.lower().startswith((b"connection:", b"authorization:"))]
    added = [b"Authorization: Bearer " + token.encode(), b"Connection: close"]
    return b"\r\n".join([request_line, *kept, *added, b"", body])


def _forward(source: socket.socket, target: socket.socket) -> None:
    """Forward until one side closes. Then close both, because there is one request per connection."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(CHUNK):
            target.sendall(chunk)
    for each in (source, target):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
