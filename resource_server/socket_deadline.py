"""A deadline over a whole HTTP exchange.

The timeouts of requests and urllib3 apply to each single read, so that a server which sends a byte now and then is
waited for endlessly. Here a timer closes the connection's socket at the deadline, whatever is being read then.
"""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


class SocketDeadline:
    """Within this context, the thread's HTTP request ends after `seconds` at the latest."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._connection: HTTPConnection | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._expire)
        self._timer.daemon = True

    def __enter__(self) -> "SocketDeadline":
        _current.deadline = self
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        with self._lock:
            self._connection = None  # it may serve another request now, which is not ours to end
        _current.deadline = None

    def check(self) -> None:
        """Raise TimeoutError where the deadline cut the answer, even if what arrived looks complete."""
        if self.expired:
            raise TimeoutError

    def watch(self, connection: HTTPConnection) -> None:
        with self._lock:
            self._connection = connection

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            sock = self._connection.sock if self._connection else None
            if sock is not None:
                with contextlib.suppress(OSError):  # closed already
                    # Not SSLSocket.shutdown: it would change the TLS state under the reading thread's feet.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Watched:
    def request(self, *args: Any, **kwargs: Any) -> None:
        deadline: SocketDeadline | None = getattr(_current, "deadline", None)
        if deadline is not None:
            deadline.watch(self)  # type: ignore[arg-type] # mixed into the connection classes below
        super().request(*args, **kwargs)  # type: ignore[misc] # urllib3's own


class _WatchedHttp(_Watched, HTTPConnection):
    pass


class _WatchedHttps(_Watched, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHttp


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHttps


def watched_pool_classes() -> dict[str, type[HTTPConnectionPool]]:
    """For PoolManager.pool_classes_by_scheme: connections that SocketDeadline can end."""
    return {"http": _HttpPool, "https": _HttpsPool}
