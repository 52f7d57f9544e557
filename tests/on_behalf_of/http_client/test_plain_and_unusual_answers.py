"""Plain answers are read by our own code, all others by http.client and urllib3. Both must find the same."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.http_client import answer as reading
from on_behalf_of.http_client.answer import Answer, BrokenOff, read_answer
from on_behalf_of.http_client.http_client import UpstreamAnswerMalformed, UpstreamHttp
from on_behalf_of.http_client.http_exchange_deadline import SocketDeadline
from tests.on_behalf_of.http_client.loopback import Conversation, Script, answering, serving

BOUND = 40  # bytes of a body
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def found_in(sent: bytes, method: str = "GET", *, is_plain: bool = True) -> Answer | str:
    """Return the answer in these bytes, after which the server hangs up, or why there is none."""
    ours, theirs = socket.socketpair()
    with ours, SocketDeadline(20) as deadline:
        with theirs:
            theirs.sendall(sent)
        try:
            if is_plain:
                return read_answer(ours, method, deadline, max_bytes=BOUND)
            return reading._unusual_answer(ours, b"", deadline, BOUND, method)
        except Exception as error:  # noqa: BLE001 - the kind is compared
            return type(error).__name__


def is_plain(sent: bytes) -> bool:
    ours, theirs = socket.socketpair()
    with ours, theirs, SocketDeadline(20) as deadline:
        try:
            return reading._plain_answer(ours, sent, deadline, BOUND) is not None
        except (BrokenOff, TimeoutError):
            return True


status_lines = st.sampled_from(
    [
        *(
            f"HTTP/1.1 {status}"
            for status in ("200 OK", "201 Created", "204 No Content", "304 Not Modified", "302 Found")
        ),
        *(
            "HTTP/1.1 200",
            "HTTP/1.1 200 ",
            "HTTP/1.1 503 Später",
            "HTTP/1.0 200 OK",
            "HTTP/1.2 200 OK",
            "HTTP/2 200 OK",
        ),
        *(
            "HTTP/1.1 099 OK",
            "HTTP/1.1 1000 OK",
            "HTTP/1.1 2OO OK",
            "http/1.1 200 OK",
            " HTTP/1.1 200 OK",
            "ICY 200 OK",
            "",
        ),
    ]
)
fields = st.one_of(
    st.sampled_from(
        [
            *(
                f"Content-Length: {length}"
                for length in ("0", "2", "5", "05", "+5", "5, 5", "5, 6", "-1", "5x", "", " 5 ")
            ),
            *(
                "content-length:5",
                "CONTENT-LENGTH: 2",
                "Content-Length : 5",
                "Content-Length: \uff15",
                "Content-Length: 1_0",
            ),
            *("Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Content-Encoding: gzip"),
            *("Content-Encoding: identity", "Connection: close", "Connection: Keep-Alive", "Connection: close, x"),
            *("Content-Length: 50", "Content-Length: " + "9" * 30, "Content-Length:\t5\t"),
            *("X: a", "x: b", "X-É: é", "X: é", "no colon", ": no name", "X Y: z", " folded", "\tfolded", "X: a\rb"),
            *("X: \x00", "X:", "Set-Cookie: a=b", "Set-Cookie: c=d, e", "Date: Sat, 28 Nov 2026 04:00:00 GMT"),
        ]
    ),
    st.text(max_size=12),
)
line_ends = st.sampled_from(["\r\n"] * 12 + ["\n", "\r", "\r\r\n"])
bodies = st.sampled_from(
    [b"", b"{}", b"hello", b"hello world", b"x" * 60, b"5\r\nhello\r\n0\r\n\r\n", b"5\r\nhel", b"0\r\n\r\n", OK]
)


@given(status_lines, st.lists(st.tuples(fields, line_ends), max_size=6), line_ends, bodies)
def test_a_plain_answer_is_read_as_http_client_and_urllib3_read_it(
    status: str, lines: list[tuple[str, str]], end: str, body: bytes
) -> None:
    head = "".join([f"{status}\r\n", *(line + line_end for line, line_end in lines), end])
    sent = head.encode("utf-8", "replace") + body
    ours, theirs = found_in(sent), found_in(sent, is_plain=False)
    if isinstance(ours, str) or isinstance(theirs, str):
        assert ours == theirs
        return
    assert (ours.status, dict(ours.headers), ours.body) == (theirs.status, dict(theirs.headers), theirs.body)
    assert ours.is_last >= theirs.is_last


@given(
    st.integers(200, 599).filter(lambda status: status not in {204, 304}),
    st.lists(
        st.tuples(st.from_regex(r"\A[A-Za-z][A-Za-z0-9-]{0,20}\Z"), st.from_regex(r"\A[ -~]{0,30}\Z")), max_size=20
    ),
    st.binary(max_size=BOUND),
)
def test_answers_of_ordinary_servers_are_plain(status: int, extra: list[tuple[str, str]], body: bytes) -> None:
    named = {"content-length", "transfer-encoding", "content-encoding", "connection"}
    lines = [f"{name}: {value}\r\n" for name, value in extra if name.lower() not in named]
    sent = f"HTTP/1.1 {status} X\r\n{''.join(lines)}Content-Length: {len(body)}\r\n\r\n".encode() + body
    assert is_plain(sent)
    assert found_in(sent) == found_in(sent, is_plain=False)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\n{}",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK,
        b"HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100 + b"Content-Length: 2\r\n\r\n{}",
    ],
)
def test_whatever_is_ambiguous_is_left_to_http_client(sent: bytes) -> None:
    """RFC 9112 §6.3: two lengths, or a length and chunks, may mean that somebody smuggles an answer."""
    assert not is_plain(sent)


def test_the_answer_to_head_has_no_body() -> None:
    """RFC 9110 §9.3.2."""
    found = found_in(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HEAD")
    assert isinstance(found, Answer)
    assert (found.status, found.body) == (200, b"")


def in_pieces(*pieces: bytes) -> Script:
    """Answer each request with these pieces, each sent once the last one must have arrived."""

    def script(conversation: Conversation) -> None:
        while conversation.request():
            for piece in pieces:
                conversation.send(piece)
                conversation.stopped.wait(0.02)

    return script


@pytest.mark.parametrize(
    "script",
    [
        in_pieces(b"HTTP/1.1 200 OK\r\nContent-", b"Length: 2\r\n\r", b"\n{", b"}"),
        in_pieces(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1", b"\r\n}\r\n0\r\n", b"\r\n"),
        in_pieces(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        in_pieces(b"HTTP/1.1 100 Continue\r\n\r\n", OK),
        in_pieces(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
        in_pieces(OK[:-1], b"}"),
    ],
)
def test_the_connection_stays_usable_after_any_answer_whose_end_is_certain(script: Script) -> None:
    http = UpstreamHttp(timeout=20)
    with serving(script) as server:
        for _ in range(3):
            assert http.request("GET", server.url).json() == {}
        assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"x",
        OK + OK,
        OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_bytes_that_nobody_asked_for_are_never_the_next_answer(answer: bytes) -> None:
    http = UpstreamHttp(timeout=20)
    with serving(answering(answer, answer)) as server:
        for count in (1, 2, 3):
            assert http.request("GET", server.url).json() == {}
            assert server.connections == count


def test_a_connection_that_the_server_closed_meanwhile_is_replaced() -> None:
    http = UpstreamHttp(timeout=20)
    with serving(answering(OK)) as server:
        for count in (1, 2, 3):
            assert http.request("GET", server.url).json() == {}
            assert server.ended.acquire(timeout=20)
            assert server.connections == count


def test_a_long_body_is_read_to_its_end() -> None:
    body = b"x" * 300_000
    with serving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body)) as server:
        assert UpstreamHttp(timeout=20).request("GET", server.url).body == body


@pytest.mark.parametrize("length", ["5, 6", "100"])
def test_a_length_that_is_wrong_is_malformed(length: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello".encode()
    with serving(answering(answer)) as server, pytest.raises(UpstreamAnswerMalformed):
        UpstreamHttp(timeout=20).request("GET", server.url)


def test_headers_are_found_in_any_case_and_joined() -> None:
    """RFC 9110 §5.3."""
    sent = b"HTTP/1.1 200 OK\r\nX-One: a\r\nVary: b\r\nx-one:  c\r\nContent-Length: 0\r\n\r\n"
    found = found_in(sent)
    assert isinstance(found, Answer)
    assert found.headers["X-ONE"] == "a, c"
    assert found.headers.get("vary") == "b"
    assert found.headers.get("absent") is None
    assert found.headers.get("absent", "other") == "other"
    assert "x-One" in found.headers
    assert len(found.headers) == 3
