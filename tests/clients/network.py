"""A network without an outside: clients get a proxy that refuses everything and remembers who was asked for."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import urlsplit

NO_PROXY = "localhost,127.0.0.1,::1"


class ClosedNetwork:
    """`hosts` are the names that were asked for, in order; none is reached."""

    def __init__(self) -> None:
        self.hosts: list[str] = []

    @property
    def environment(self) -> dict[str, str]:
        """Have the usual HTTP clients use the proxy; Node's own does so with NODE_USE_ENV_PROXY, from 22.21 on."""
        proxy = f"http://127.0.0.1:{self._server.server_port}"
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        own = dict.fromkeys((*names, *map(str.lower, names)), proxy)
        return own | {"NO_PROXY": NO_PROXY, "no_proxy": NO_PROXY, "NODE_USE_ENV_PROXY": "1"}

    def __enter__(self) -> "ClosedNetwork":
        hosts = self.hosts

        class Refusal(BaseHTTPRequestHandler):
            def refuse(self) -> None:
                hosts.append(self.path if self.command == "CONNECT" else urlsplit(self.path).netloc)
                self.send_response(403)
                self.send_header("Content-Length", "0")
                self.end_headers()
                self.close_connection = True

            do_CONNECT = do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = refuse  # noqa: N815

            def log_message(self, *_arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
