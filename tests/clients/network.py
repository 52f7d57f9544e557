"""A network without access to the outside.

Where this machine lets us (Linux, as root), everything runs in a network namespace that has loopback only, with a name
server that knows no name. Everywhere, clients get a proxy that refuses. Both remember what was asked for.
"""

import fcntl
import functools
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseRequestHandler, UDPServer
from types import TracebackType
from urllib.parse import urlsplit

NO_PROXY = "localhost,127.0.0.1,::1"
INSIDE = "CLIENTS_INSIDE_NAMESPACE"  # set for the process that `run_inside` starts
LOCAL_NAMES = {"localhost", socket.gethostname().lower()}
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def is_inside() -> bool:
    """Return whether this process has only loopback."""
    return os.environ.get(INSIDE) == "1"


@functools.cache
def _namespaces() -> list[str]:
    """Return the command that starts another in new namespaces; empty if this machine does not allow that."""
    unshare = shutil.which("unshare")
    if not unshare:
        return []
    # Programs that clients leave running end with the process namespace.
    command = [unshare, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return command if subprocess.run([*command, "true"], check=False, capture_output=True).returncode == 0 else []


def run_inside(module: str, arguments: list[str]) -> int | None:
    """Run `python -m module` again without outside access. Return its exit code, or None if that is impossible."""
    if is_inside() or not _namespaces():
        return None
    command = [*_namespaces(), sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=os.environ | {INSIDE: "1"}, check=False).returncode


def settle_inside() -> None:
    """Bring loopback up, and make the resolver ask our name server, for this process only."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack("16sh14x", b"lo", 0))
        (flags,) = struct.unpack_from("h", request, 16)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | IFF_UP))
    with tempfile.NamedTemporaryFile("w", suffix=".conf", delete=False) as file:
        file.write("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    mount = shutil.which("mount")
    assert mount
    subprocess.run([mount, "--bind", file.name, "/etc/resolv.conf"], check=True)
    Path(file.name).unlink()


class ClosedNetwork:
    """A network that reaches no host. `hosts` are the names that were requested, in order."""

    def __init__(self) -> None:
        self.hosts: list[str] = []
        self._names: UDPServer | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Return variables that make HTTP clients use the proxy. Node needs NODE_USE_ENV_PROXY, from 22.21 on."""
        proxy = f"http://127.0.0.1:{self._proxy.server_port}"
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

        self._proxy = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
        threading.Thread(target=self._proxy.serve_forever, daemon=True).start()
        if is_inside():
            self._names = UDPServer(("127.0.0.1", 53), self._names_handler())
            threading.Thread(target=self._names.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in filter(None, (self._proxy, self._names)):
            server.shutdown()
            server.server_close()

    def _names_handler(self) -> type[BaseRequestHandler]:
        hosts = self.hosts

        class NoSuchName(BaseRequestHandler):
            def handle(self) -> None:
                question, names = self.request
                name = _asked_name(question)
                if name not in LOCAL_NAMES:
                    hosts.append(name)
                # RFC 1035 §4.1.1: the same question, as an answer with NXDOMAIN.
                answer = question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:]
                names.sendto(answer, self.client_address)

        return NoSuchName


def _asked_name(question: bytes) -> str:
    """Return the name in a DNS question (RFC 1035 §4.1.2)."""
    labels, position = [], 12
    while length := question[position]:
        labels.append(question[position + 1 : position + 1 + length].decode(errors="replace"))
        position += 1 + length
    return ".".join(labels).lower()
