import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

from on_behalf_of.testing.fake_issuer import FakeIssuer

Answer = tuple[int, bytes]  # status and body
MAX_HANG = 30  # seconds


class ServedIssuer(FakeIssuer):
    """A FakeIssuer that answers at its URL, for processes that fetch metadata and keys.

    Use it as `with ServedIssuer().serving() as issuer`. It can misbehave: `answers` replaces documents by path,
    `is_hanging` makes it silent until `released` is set.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.requests: Counter[str] = Counter()  # path -> times asked for
        self.answers: dict[str, Answer] = {}  # path -> what to answer instead of the document
        self.is_hanging, self.released = threading.Event(), threading.Event()

    def answer_get(self, path: str) -> Answer:
        document = self.documents().get(path)
        return self.answers.get(path) or (200 if document else 404, json.dumps(document).encode())

    def answer_post(self, path: str, form: dict[str, str]) -> Answer:  # noqa: ARG002 - for subclasses
        """Refuse; subclasses that have a token endpoint answer."""
        return 404, b"null"

    @contextmanager
    def serving(self) -> Iterator[Self]:
        """Answer at a free port of 127.0.0.1 inside the block; `url` is then that address, over plain http."""
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(served.answer_get(self.path))

            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.answer(served.answer_post(self.path, form))

            def answer(self, answer: Answer) -> None:
                served.requests[self.path] += 1
                if served.is_hanging.is_set():
                    served.released.wait(MAX_HANG)
                    return
                status, body = answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if 300 <= status < 400:  # noqa: PLR2004 - a redirect
                    self.send_header("Location", "/.well-known/openid-configuration")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's signature
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            server.shutdown()
            server.server_close()
            thread.join()
