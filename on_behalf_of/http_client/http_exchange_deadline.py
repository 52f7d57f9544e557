"""A deadline over a whole HTTP exchange.

The timeouts of requests and urllib3 apply to each single read and to each single address of a host. So a server that
sends a byte now and then can keep a caller waiting endlessly. Here an alarm shuts the connection down at the deadline,
in any phase: connecting, TLS handshake, headers or body. An `Interruption` ends it in the same way.
"""

import contextlib
import socket
import threading
import time
from types import TracebackType
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.timekeeper import Alarm, timekeeper

_current = threading.local()


class NotConnected(OSError):
    """None of a host's addresses accepted the connection, so nothing was sent."""


class SocketDeadline:
    """A context in which the thread's HTTP request ends after `seconds` at the latest, or at an `interruption`."""

    def __init__(self, seconds: float, interruption: Interruption | None = None) -> None:
        self.expired = False  # by either of the two
        self._interruption = interruption
        self._exits = contextlib.ExitStack()
        self._ends_at = time.monotonic() + seconds
        self._watched: socket.socket | None = None
        self._lock = threading.Lock()
        self._alarm: Alarm | None = None

    @property
    def interrupted(self) -> bool:
        return self._interruption is not None and self._interruption.has_happened

    def __enter__(self) -> "SocketDeadline":
        self._alarm = timekeeper.call_at(self._ends_at, self._expire)
        _current.deadline = self
        if self._interruption is not None:
            self._exits.enter_context(self._interruption.waking(self._expire))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.deadline = None
        self._exits.close()
        if self._alarm:
            self._alarm.cancel()
        self.release()

    def seconds_left(self) -> float:
        """Return a number above 0. Raises TimeoutError if no time is left."""
        left = self._ends_at - time.monotonic()
        if self.expired or left <= 0:
            raise TimeoutError
        return left

    def check(self) -> None:
        """Raise TimeoutError if the deadline cut the answer off, even if the received part looks complete."""
        if self.expired:
            raise TimeoutError

    def watch(self, sock: socket.socket) -> None:
        """Shut down this connection at the deadline, in place of the one watched before."""
        self.release()
        with self._lock:
            self.check()
            # A duplicate stays valid when TLS takes the descriptor over, and never refers to another connection later.
            self._watched = socket.fromfd(sock.fileno(), sock.family, sock.type)

    def release(self) -> None:
        """Stop watching: the connection may serve another request from now on, which must not be ended."""
        with self._lock:
            if self._watched is not None:
                self._watched.close()
                self._watched = None

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._watched is not None:
                with contextlib.suppress(OSError):  # the other side closed it first
                    self._watched.shutdown(socket.SHUT_RDWR)


def _deadline() -> SocketDeadline | None:
    deadline: SocketDeadline | None = getattr(_current, "deadline", None)
    return deadline


class _WatchedHttp(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        deadline = _deadline()
        return super()._new_conn() if deadline is None else _connected(self._dns_host, self.port, deadline)

    def request(self, *args: Any, **kwargs: Any) -> None:
        deadline = _deadline()
        if deadline is not None and self.sock is not None:  # a connection from the pool
            deadline.watch(self.sock)
        super().request(*args, **kwargs)


class _WatchedHttps(_WatchedHttp, HTTPSConnection):
    pass


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
            sock.close()
            failure = TimeoutError() if deadline.expired else error  # a shutdown causes various errors
    raise NotConnected from failure


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHttp

    def _put_conn(self, conn: Any) -> None:
        # Before the connection is in the pool, where another thread may take it at once.
        deadline = _deadline()
        if deadline is not None:
            deadline.release()
            if deadline.expired and conn is not None:
                conn.close()
        super()._put_conn(conn)


class _HttpsPool(_HttpPool, HTTPSConnectionPool):
    ConnectionCls = _WatchedHttps


def watched_pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    """Return pools whose connections SocketDeadline can end, for `PoolManager.pool_classes_by_scheme`."""
    return {"http": _HttpPool, "https": _HttpsPool}
