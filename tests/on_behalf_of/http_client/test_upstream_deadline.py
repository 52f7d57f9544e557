"""A deadline for the whole exchange: no server can make us wait longer, even if it keeps sending."""

import socket
import threading
import time
from pathlib import Path

import pytest

from on_behalf_of.http_client.http_client import UpstreamHttp, UpstreamTimeout
from on_behalf_of.http_client.http_exchange_deadline import SocketDeadline, _connected
from tests.on_behalf_of.http_client.loopback import Conversation, LoopbackServer, Script, certificate, serving

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def drips_status_line(conversation: Conversation) -> None:
    conversation.request()
    conversation.send(b"HTTP/1.1 200 ")
    conversation.drip(b"O")


def drips_headers(conversation: Conversation) -> None:
    conversation.request()
    conversation.send(b"HTTP/1.1 200 OK\r\nX-Drip: ")
    conversation.drip(b"x")


def drips_a_sized_body(conversation: Conversation) -> None:
    conversation.request()
    conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    conversation.drip(b" ")


def drips_chunks(conversation: Conversation) -> None:
    conversation.request()
    conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    conversation.drip(b"1\r\n \r\n")


def drips_a_body_that_ends_with_the_connection(conversation: Conversation) -> None:
    conversation.request()
    conversation.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{}")
    conversation.drip(b" ")


def drips_interim_answers(conversation: Conversation) -> None:
    conversation.request()
    conversation.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


def drips_the_body_of_a_redirect(conversation: Conversation) -> None:
    conversation.request()
    conversation.send(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 100000\r\n\r\n")
    conversation.drip(b" ")


def says_nothing(conversation: Conversation) -> None:
    while conversation.request():
        pass


DRIPS = [
    *(drips_status_line, drips_headers, drips_a_sized_body, drips_chunks),
    *(drips_a_body_that_ends_with_the_connection, drips_interim_answers, drips_the_body_of_a_redirect, says_nothing),
]


def cut(http: UpstreamHttp, server: LoopbackServer, deadline: float = 0.2) -> None:
    """Check that the request ends with UpstreamTimeout while the server is still sending."""
    began = time.monotonic()
    with pytest.raises(UpstreamTimeout) as late:
        http.request("GET", server.url, deadline=deadline)
    assert time.monotonic() - began < 20
    assert not server._stopped.is_set()
    assert "127.0.0.1" in str(late.value)


@pytest.mark.parametrize("script", DRIPS)
def test_a_dripping_response_is_cut_at_the_deadline(script: Script) -> None:
    with serving(script) as server:
        cut(UpstreamHttp(timeout=30), server)
        assert server.ended.acquire(timeout=20), "the connection was closed"


@pytest.mark.parametrize("script", DRIPS)
def test_a_dripping_response_over_tls_is_cut_at_the_deadline(script: Script, tmp_path: Path) -> None:
    trusted, context = certificate(tmp_path)
    with serving(script, tls=context) as server:
        cut(UpstreamHttp(timeout=30, ca_file=trusted), server)


def test_a_dripping_tls_handshake_is_cut_at_the_deadline(tmp_path: Path) -> None:
    """The handshake comes before the request: a deadline that begins with that one would never see it."""

    def handshakes_for_ever(conversation: Conversation) -> None:
        conversation.connection.recv(65_536)
        conversation.send(b"\x16\x03\x03\x40\x00\x02")  # a record of 16 KB, of which a byte comes now and then
        conversation.drip(b"\x00")

    trusted, _ = certificate(tmp_path)
    with serving(handshakes_for_ever) as server:
        server.url = server.url.replace("http", "https")
        cut(UpstreamHttp(timeout=30, ca_file=trusted), server)


def test_without_a_deadline_the_sessions_timeout_applies() -> None:
    with serving(drips_headers) as server, pytest.raises(UpstreamTimeout):
        UpstreamHttp(timeout=0.2).request("GET", server.url)


@pytest.mark.parametrize("deadline", [0.0, -1.0])
def test_a_past_deadline_is_a_timeout(deadline: float) -> None:
    with serving(says_nothing) as server, pytest.raises(UpstreamTimeout):
        UpstreamHttp(timeout=30).request("GET", server.url, deadline=deadline)


def test_a_session_is_usable_after_a_deadline() -> None:
    """The cut connection is discarded, and the next request gets a new one."""

    def first_drips(conversation: Conversation) -> None:
        while request := conversation.request():
            if b"GET /drip" in request:
                conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                conversation.drip(b" ")
            conversation.send(OK)

    with serving(first_drips) as server:
        http = UpstreamHttp(timeout=20, pool_size=1)
        for _ in range(3):
            assert http.request("GET", server.url).json() == {}
            with pytest.raises(UpstreamTimeout):
                http.request("GET", f"{server.url}drip", deadline=0.1)
        assert http.request("GET", server.url).json() == {}
        assert server.connections == 4, "pooled until they were cut"


def test_a_deadline_never_ends_the_next_request_on_its_connection() -> None:
    """One connection is passed between threads at the moments when deadlines expire."""
    answers = 100

    def at_once(conversation: Conversation) -> None:
        while conversation.request():
            conversation.send(OK)

    with serving(at_once) as server:
        http = UpstreamHttp(timeout=20, pool_size=1)
        done = threading.Event()
        unexpected: list[BaseException] = []

        def hurry() -> None:
            while not done.is_set():
                try:
                    http.request("GET", server.url, deadline=0.002)
                except UpstreamTimeout:
                    pass
                except Exception as error:
                    unexpected.append(error)
                    raise

        hurrying = [threading.Thread(target=hurry) for _ in range(2)]
        for thread in hurrying:
            thread.start()
        try:
            for _ in range(answers):
                assert http.request("GET", server.url).status == 200
        finally:
            done.set()
            for thread in hurrying:
                thread.join()
    assert unexpected == []


def test_a_deadline_affects_only_its_own_connection() -> None:
    """It holds its own descriptor, so it never affects a descriptor that was closed and reused."""
    ours, theirs = socket.socketpair()
    with ours, theirs, SocketDeadline(60) as deadline:
        deadline.watch(ours)
        deadline.release()
        deadline._expire()
        ours.sendall(b"x")
        assert theirs.recv(1) == b"x"
        with pytest.raises(TimeoutError):
            deadline.watch(ours)
        with pytest.raises(TimeoutError):
            deadline.check()


def test_the_addresses_of_a_host_share_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address is silent, the second answers: the first has half of the time."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, serving(says_nothing) as server:
        filling = [socket.socket() for _ in range(4)]
        for each in filling:
            each.setblocking(False)
            each.connect_ex(silent.getsockname())
        addresses = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
            for port in (silent.getsockname()[1], server.port)
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
        with SocketDeadline(1) as deadline, _connected("two.example", 80, deadline) as connection:
            assert connection.getpeername()[1] == server.port
        for each in filling:
            each.close()
