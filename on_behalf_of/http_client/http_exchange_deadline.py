"""A deadline over a whole HTTP exchange.

A socket's timeout applies to each single read, and to each single address of a host. So a server that sends a byte now
and then could keep a caller waiting endlessly. Here each step gets only the time that is left: connecting, the TLS
handshake, sending, and every read. An `Interruption` ends the step under way by shutting the connection down.
"""

import contextlib
import socket
import time
from threading import Lock
from types import TracebackType

from on_behalf_of.http_client.interruption import Interruption


class NotConnected(OSError):
    """None of a host's addresses accepted the connection, so nothing was sent."""


class SocketDeadline:
    """A context in which one HTTP exchange ends after `seconds` at the latest, or at an `interruption`."""

    __slots__ = ("_ends_at", "_interruption", "_is_cut", "_lock", "_watched")

    def __init__(self, seconds: float, interruption: Interruption | None = None) -> None:
        self._interruption = interruption
        self._ends_at = time.monotonic() + seconds
        self._watched: socket.socket | None = None
        self._lock = Lock()
        self._is_cut = False

    @property
    def expired(self) -> bool:
        """Return whether the time is over, or the interruption has happened."""
        return self._is_cut or time.monotonic() >= self._ends_at

    @property
    def interrupted(self) -> bool:
        return self._interruption is not None and self._interruption.has_happened

    def __enter__(self) -> "SocketDeadline":
        if self._interruption is not None:
            self._interruption.wake_by(self._expire)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._interruption is not None:
            self._interruption.forget(self._expire)
        self.release()

    def seconds_left(self) -> float:
        """Return a number above 0. Raises TimeoutError if no time is left."""
        left = self._ends_at - time.monotonic()
        if self._is_cut or left <= 0:
            raise TimeoutError
        return left

    def limit(self, sock: socket.socket) -> None:
        """Give the socket's next step the time that is left. Raises TimeoutError if there is none."""
        sock.settimeout(self.seconds_left())

    def check(self) -> None:
        """Raise TimeoutError if the answer was cut off, even if the received part looks complete."""
        if self._is_cut:
            raise TimeoutError

    def watch(self, sock: socket.socket) -> None:
        """Shut down this connection at an interruption, in place of the one watched before.

        It must not be closed before `release`: its descriptor could belong to another connection by then.
        """
        with self._lock:
            self.check()
            self._watched = sock

    def release(self) -> None:
        """Stop watching: the connection may serve another request from now on, which must not be ended."""
        with self._lock:
            self._watched = None

    def _expire(self) -> None:
        with self._lock:
            self._is_cut = True
            if self._watched is not None:
                with contextlib.suppress(OSError):  # the other side closed it first
                    # Not SSLSocket's own method, which takes the TLS state from the thread that is reading.
                    socket.socket.shutdown(self._watched, socket.SHUT_RDWR)


def _connected(host: str, port: int, deadline: SocketDeadline) -> socket.socket:
    """Return a connection to the first address of `host` that answers. Each may use its share of the time left."""
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure = OSError("the host has no address")
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        try:
            sock = socket.socket(family, kind, protocol)
        except OSError as error:  # this machine does not support the address family
            failure = error
            continue
        try:
            sock.settimeout(deadline.seconds_left() / (len(addresses) - position))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            deadline.watch(sock)
            sock.connect(address)
            deadline.check()
            return sock
        except OSError as error:
            deadline.release()
            sock.close()
            failure = TimeoutError() if deadline.expired else error  # a shutdown causes various errors
    raise NotConnected from failure
