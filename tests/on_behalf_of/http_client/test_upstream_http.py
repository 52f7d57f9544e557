"""HTTP to the tenant and the API: bounded and stateless."""

import gzip
import traceback
from pathlib import Path
from typing import Any

import pytest

from on_behalf_of.http_client.http_client import (
    UpstreamAnswerMalformed,
    UpstreamAnswerTooLarge,
    UpstreamError,
    UpstreamHttp,
    UpstreamUnreachable,
)
from tests.on_behalf_of.http_client.loopback import Conversation, answering, certificate, serving

SECRET = "s3cr3t-t0k3n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.fixture
def http() -> UpstreamHttp:
    return UpstreamHttp(timeout=20)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Set every variable that requests would read, each of which would break a request."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "missing.pem"))
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login user password leaked\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))


def failure(script: Any, http: UpstreamHttp, **request: Any) -> UpstreamError:
    """How a request fails; neither the error nor its causes repeat what was sent."""
    with serving(script) as server, pytest.raises(UpstreamError) as failed:
        http.request("POST", server.url, headers={"Authorization": f"Bearer {SECRET}"}, **request)
    told = "".join(traceback.format_exception(failed.value)) + repr(failed.value)
    assert SECRET not in told
    return failed.value


def test_a_request_sends_nothing_from_the_environment(http: UpstreamHttp) -> None:
    seen: list[bytes] = []

    def script(conversation: Conversation) -> None:
        seen.append(conversation.request())
        conversation.send(OK)

    with serving(script) as server:
        answer = http.request("GET", server.url + "p", params={"a": "b c"}, headers={"X-Trace": "1"})
    assert (answer.status, answer.json(), answer.headers["CONTENT-LENGTH"]) == (200, {}, "2")
    head = seen[0].decode().lower()
    assert head.startswith("get /p?a=b+c http/1.1\r\n")
    assert "x-trace: 1" in head
    assert "authorization" not in head
    assert "cookie" not in head
    assert "accept-encoding: identity" in head


def test_cookies_are_not_kept(http: UpstreamHttp) -> None:
    """A pooled session serves many users, so cookies of one must not be sent for another."""
    seen: list[bytes] = []

    def script(conversation: Conversation) -> None:
        while request := conversation.request():
            seen.append(request)
            conversation.send(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: session=alice; Path=/\r\n\r\n"))

    with serving(script) as server:
        for _ in range(3):
            http.request("GET", server.url)
    assert len(seen) == 3
    assert not any(b"cookie" in request.lower() for request in seen)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("location", ["/elsewhere", "http://127.0.0.1:1/", "http://[", "//", ""])
def test_a_redirect_is_not_followed(http: UpstreamHttp, status: int, location: str) -> None:
    """RFC 9110 §15.4 allows following; a request with a token must not go to another address."""
    answer = f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
    with serving(answering(answer, answer)) as server:
        found = http.request("POST", server.url, data={"subject_token": SECRET})
    assert (found.status, found.body, server.connections) == (status, b"{}", 1)


@pytest.mark.parametrize("status", [200, 302, 400, 500])
def test_a_response_is_bounded_at_any_status(http: UpstreamHttp, status: int) -> None:
    """An endless body, of a redirect too, costs no more memory than the bound."""

    def endless(conversation: Conversation) -> None:
        conversation.request()
        conversation.send(f"HTTP/1.1 {status} X\r\nLocation: /\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        while True:
            conversation.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")

    assert isinstance(failure(endless, http, max_bytes=100_000), UpstreamAnswerTooLarge)


def test_a_response_may_be_as_long_as_the_bound(http: UpstreamHttp) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
    with serving(answering(answer)) as server:
        assert len(http.request("GET", server.url, max_bytes=1000).body) == 1000
    assert isinstance(failure(answering(answer), http, max_bytes=999), UpstreamAnswerTooLarge)


def test_a_compressed_response_is_bounded_by_its_decompressed_size(http: UpstreamHttp) -> None:
    bomb = gzip.compress(b"\x00" * 50_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    assert isinstance(failure(answering(head + bomb), http), UpstreamAnswerTooLarge)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"\x00\x01\x02\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
    ids=lambda answer: repr(answer[:48]),
)
def test_a_response_that_is_not_http_is_malformed(http: UpstreamHttp, answer: bytes) -> None:
    assert isinstance(failure(answering(answer), http), UpstreamAnswerMalformed)


def test_a_server_that_hangs_up_is_unreachable(http: UpstreamHttp) -> None:
    assert isinstance(failure(answering(), http), UpstreamUnreachable)
    assert isinstance(failure(answering(b""), http), UpstreamUnreachable)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://no-such-host.invalid/", "https://127.0.0.1:1/"])
def test_a_refused_connection_and_an_unknown_host_are_unreachable(http: UpstreamHttp, url: str) -> None:
    with pytest.raises(UpstreamUnreachable):
        http.request("GET", url)


@pytest.mark.parametrize("value", ["a\r\nX-Injected: 1", "a\nb", "a\rb", "\x00", "a\x7f", "é", "\u2028", "\ud800"])
def test_a_header_value_that_could_be_another_header_is_refused_unsent(http: UpstreamHttp, value: str) -> None:
    """RFC 9110 §5.5: a field value with CR, LF or NUL is invalid and dangerous."""
    with serving(answering(OK)) as server, pytest.raises(UpstreamError) as failed:
        http.request("GET", server.url, headers={"Authorization": f"Bearer {SECRET}{value}"})
    assert SECRET not in "".join(traceback.format_exception(failed.value))
    assert server.connections == 0


@pytest.mark.parametrize(
    "request_", [{"headers": {"X-Name": f"{SECRET}\u20ac"}}, {"data": {"token": f"{SECRET}\ud800"}}]
)
def test_unencodable_values_are_refused_without_repeating_them(http: UpstreamHttp, request_: dict[str, Any]) -> None:
    with serving(answering(OK)) as server, pytest.raises(UpstreamError) as failed:
        http.request("POST", server.url, **request_)
    assert SECRET not in "".join(traceback.format_exception(failed.value))


def test_the_body_of_a_response_is_not_shown(http: UpstreamHttp) -> None:
    """It may be a token."""
    body = f'{{"access_token": "{SECRET}"}}'
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    with serving(answering(answer)) as server:
        found = http.request("GET", server.url)
    assert found.json() == {"access_token": SECRET}
    assert SECRET not in repr(found)


def test_a_certificate_that_is_not_trusted_is_unreachable(http: UpstreamHttp, tmp_path: Path) -> None:
    """RFC 9110 §4.3.4: the certificate must be verified; the text says what to set."""
    trusted, context = certificate(tmp_path)
    with serving(answering(OK), tls=context) as server:
        with pytest.raises(UpstreamUnreachable, match="UPSTREAM_CA_FILE"):
            http.request("GET", server.url)
        assert UpstreamHttp(timeout=20, ca_file=trusted).request("GET", server.url).json() == {}


def test_a_certificate_for_another_host_is_not_trusted(tmp_path: Path) -> None:
    """RFC 9110 §4.3.4: the host must be one of the certificate's."""
    trusted, context = certificate(tmp_path, "other.example")
    with serving(answering(OK), tls=context) as server, pytest.raises(UpstreamUnreachable):
        UpstreamHttp(timeout=20, ca_file=trusted).request("GET", server.url)


def test_a_server_without_tls_is_unreachable_by_https(http: UpstreamHttp) -> None:
    def plain(conversation: Conversation) -> None:
        conversation.connection.recv(65_536)
        conversation.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with (
        serving(plain) as server,
        pytest.raises(UpstreamUnreachable) as failed,
    ):
        http.request("GET", server.url.replace("http", "https"))
    assert "UPSTREAM_CA_FILE" not in str(failed.value)
