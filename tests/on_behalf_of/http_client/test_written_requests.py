"""What is sent: the same as requests would send, without anything that it adds."""

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.http_client.connection_pool import MOST_SERVERS
from on_behalf_of.http_client.http_client import (
    UpstreamError,
    UpstreamHttp,
    UpstreamInterrupted,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from on_behalf_of.http_client.interruption import Interruption
from on_behalf_of.http_client.written_request import UnusableUrl, written_request
from tests.on_behalf_of.http_client.loopback import Conversation, answering, certificate, serving

SOON = 30.0  # seconds that a busy machine may take
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
forms = st.none() | st.dictionaries(texts, texts, max_size=3)
values = st.recursive(st.none() | st.booleans() | st.integers() | texts, lambda each: st.lists(each, max_size=3))
hosts = st.sampled_from(
    ["api.example", "API.example", "127.0.0.1", "[::1]", "a-b.example.", "b\u00fccher.example", "localhost"]
)
ports = st.sampled_from(["", ":80", ":443", ":1", ":8787", ":65535", ":08080"])
paths = st.lists(
    st.sampled_from([*"/aB9-_~+;,=:@!'(*$&[]|\\^\u00e9%", "/", ".", "..", "%41", "%2F", "%2f", "%zz"]),
    max_size=8,
)
queries = st.sampled_from(["", "?", "?a=b", "?a=b&c=d%20e", "?\u00e9", "?a=/?", "?a b"])


@given(st.sampled_from(METHODS), st.sampled_from(["http", "https"]), hosts, ports, paths, queries, forms, forms, values)
def test_address_and_body_are_those_that_requests_would_send(
    method: str, scheme: str, host: str, port: str, path: list[str], query: str, params: Any, data: Any, json: Any
) -> None:
    url = f"{scheme}://{host}{port}/{''.join(path)}{query}"
    theirs = requests.Request(method, url, params=params, data=data, json=json).prepare()
    server, sent = written_request(method, url, {"X-Trace": "1"}, params=params, data=data, json=json)
    head, _, body = sent.partition(b"\r\n\r\n")
    line, *lines = head.decode("ascii").split("\r\n")
    headers = dict(each.split(": ", 1) for each in lines)
    # requests writes A for %41, which means the same (RFC 3986 §6.2.2.2).
    assert requests.utils.requote_uri(line) == requests.utils.requote_uri(f"{method} {theirs.path_url} HTTP/1.1")
    assert body == (theirs.body.encode() if isinstance(theirs.body, str) else theirs.body or b"")
    assert headers.get("Content-Length") == theirs.headers.get("Content-Length")
    assert headers.get("Content-Type") == theirs.headers.get("Content-Type")
    assert (server.is_https, f"{scheme}://{headers['Host']}") == (scheme == "https", base(str(theirs.url)))
    assert headers["X-Trace"] == "1"


def base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".removesuffix(":80" if parts.scheme == "http" else ":443")


@pytest.mark.parametrize(
    "url",
    [
        *(
            "ftp://127.0.0.1/",
            "//127.0.0.1/",
            "127.0.0.1",
            "",
            "http://",
            "http:///path",
            "http://*.example/",
            "http://[::1/",
        ),
        *(
            "http://127.0.0.1:65536/",
            "http://127.0.0.1:port/",
            "http://user:s3cr3t@127.0.0.1/",
            "http://a b/",
            "http://.a/",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_unreachable(url: str) -> None:
    """Credentials in an address are among them (RFC 9110 §4.2.4)."""
    with pytest.raises(UnusableUrl):
        written_request("GET", url, {}, params=None, data=None, json=None)
    with pytest.raises(UpstreamUnreachable) as failed:
        UpstreamHttp(timeout=20).request("GET", url)
    assert "s3cr3t" not in str(failed.value)


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_number_that_json_does_not_have_is_refused_unsent(number: float) -> None:
    """RFC 8259 §6."""
    with serving(answering()) as server, pytest.raises(UpstreamError, match="cannot be encoded") as failed:
        UpstreamHttp(timeout=20).request("POST", server.url, json={"amount": number})
    assert not isinstance(failed.value, UpstreamUnreachable)
    assert server.connections == 0


def test_an_answer_that_comes_before_the_whole_request_was_sent_is_read() -> None:
    """RFC 9112 §9.5: a server may refuse a request, and close the connection."""

    def refuses(conversation: Conversation) -> None:
        conversation.request()
        conversation.send(b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}")
        conversation.connection.shutdown(socket.SHUT_WR)
        while conversation.connection.recv(65_536):
            pass

    with serving(refuses) as server:
        answer = UpstreamHttp(timeout=20).request("POST", server.url, json={"long": "x" * 5_000_000})
    assert (answer.status, answer.body) == (413, b"{}")


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_server_that_reads_slowly_is_cut_at_the_deadline(over_tls: bool, tmp_path: Path) -> None:
    """A connection over TLS sends a record at a time, each of which could take its time."""

    def reads_slowly(conversation: Conversation) -> None:
        conversation.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        while not conversation.stopped.wait(0.02) and conversation.connection.recv(2_048):
            pass

    trusted, context = certificate(tmp_path)
    with (
        serving(reads_slowly, tls=context if over_tls else None) as server,
        pytest.raises(UpstreamTimeout),
    ):
        UpstreamHttp(timeout=0.5, ca_file=trusted).request("POST", server.url, json={"long": "x" * 50_000_000})


@pytest.mark.parametrize("during", ["handshake", "answer", "chunks"])
def test_a_request_over_tls_ends_at_an_interruption(during: str, tmp_path: Path) -> None:
    trusted, context = certificate(tmp_path)
    reached = threading.Event()

    def script(conversation: Conversation) -> None:
        if during == "handshake":
            conversation.connection.recv(65_536)
        else:
            conversation.request()
        if during == "chunks":
            conversation.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n")
        reached.set()
        with contextlib.suppress(OSError):
            while conversation.connection.recv(65_536):
                pass

    interruption = Interruption()
    failures: list[BaseException] = []

    def ask(url: str) -> None:
        try:
            UpstreamHttp(timeout=60, ca_file=trusted).request("GET", url, interruption=interruption)
        except UpstreamError as error:
            failures.append(error)

    with serving(script, tls=None if during == "handshake" else context) as server:
        asking = threading.Thread(target=ask, args=(server.url.replace("http:", "https:"),))
        asking.start()
        assert reached.wait(SOON)
        interruption.interrupt()
        asking.join(SOON)
        assert [type(each) for each in failures] == [UpstreamInterrupted]
        assert server.ended.acquire(timeout=SOON)


def test_only_a_limited_number_of_idle_connections_is_kept() -> None:
    """Those of one server, and servers."""

    def answers_one(conversation: Conversation) -> None:
        while conversation.request():
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    http = UpstreamHttp(timeout=20, pool_size=2)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(serving(answers_one)) for _ in range(MOST_SERVERS + 1)]
        for server in servers:
            http.request("GET", server.url)
        assert servers[0].ended.acquire(timeout=SOON), "the one that was asked longest ago"
        http.request("GET", servers[1].url)
        assert servers[1].connections == 1
        with ThreadPoolExecutor(8) as pool:
            busy = threading.Barrier(8)
            list(pool.map(lambda _: (busy.wait(SOON), http.request("GET", servers[1].url)), range(8)))
        opened = servers[1].connections
        for _ in range(max(0, opened - 2)):
            assert servers[1].ended.acquire(timeout=SOON)
        assert http.request("GET", servers[1].url).status == 200
        assert servers[1].connections == opened
