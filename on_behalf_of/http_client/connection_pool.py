"""Connections to servers, kept open between requests."""

import select
import socket
import ssl
import weakref
from collections import OrderedDict
from functools import cache
from threading import Lock
from typing import NamedTuple

from on_behalf_of.http_client.http_exchange_deadline import SocketDeadline, _connected

MOST_SERVERS = 8  # whose connections are kept; this project asks two or three


class Server(NamedTuple):
    """Where connections lead to."""

    is_https: bool
    host: str
    port: int


class ConnectionPool:
    """The connections that no request uses at the moment. Safe to share between threads."""

    def __init__(self, context: ssl.SSLContext, *, most: int) -> None:
        self._context = context
        self._most = most  # for each server
        self._lock = Lock()
        self._idle: OrderedDict[Server, list[socket.socket]] = OrderedDict()
        weakref.finalize(self, _close_all, self._idle)

    def take(self, server: Server, deadline: SocketDeadline) -> socket.socket:
        """Return a connection, which `deadline` watches: the one used last, else a new one.

        Raises NotConnected if none can be made, and OSError for everything that fails later, TLS among it.
        """
        while (sock := self._last_used(server)) is not None:
            if not _has_input(sock):
                return _watched(sock, deadline)
            sock.close()  # the server closed it, or sent what was not asked for
        sock = _connected(server.host, server.port, deadline)
        return self._secured(sock, server.host, deadline) if server.is_https else sock

    def keep(self, server: Server, sock: socket.socket) -> None:
        """Take back a connection whose answer was read to its end. The deadline must have released it."""
        surplus = [sock]
        with self._lock:
            idle = self._idle.setdefault(server, [])
            if len(idle) < self._most:
                idle.append(surplus.pop())
            if len(self._idle) > MOST_SERVERS:
                surplus += self._idle.popitem(last=False)[1]
        for each in surplus:
            each.close()

    def _last_used(self, server: Server) -> socket.socket | None:
        with self._lock:
            if not (idle := self._idle.get(server)):
                return None
            self._idle.move_to_end(server)
            return idle.pop()

    def _secured(self, sock: socket.socket, host: str, deadline: SocketDeadline) -> ssl.SSLSocket:
        """Return the connection over TLS, whose certificate is trusted and names `host` (RFC 9110 §4.3.4)."""
        try:
            name = host.partition("%")[0].rstrip(".")  # neither an IPv6 zone nor the root's dot
            # Without a handshake, because the new object must be watched during it: it has the descriptor now.
            sock = secured = self._context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
            deadline.watch(secured)
            deadline.limit(secured)  # for all steps of the handshake together
            secured.do_handshake()
            return secured
        except BaseException:
            deadline.release()
            sock.close()
            raise


def _watched(sock: socket.socket, deadline: SocketDeadline) -> socket.socket:
    try:
        deadline.watch(sock)
    except BaseException:
        sock.close()
        raise
    return sock


def _close_all(idle: OrderedDict[Server, list[socket.socket]]) -> None:
    for sockets in idle.values():
        for each in sockets:
            each.close()


def _has_input(sock: socket.socket) -> bool:
    """Return whether there is something to read on an idle connection: its end, or bytes that nothing asked for."""
    if not hasattr(select, "poll"):  # on Windows, where descriptors have no highest number for select
        return bool(select.select([sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


@cache
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return one context for all pools that trust the same file: reading it costs milliseconds and megabytes."""
    context = ssl.create_default_context(cafile=ca_file)
    context.set_alpn_protocols(["http/1.1"])
    return context
