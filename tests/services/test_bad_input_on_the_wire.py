"""What only real sockets show: slow senders, large bodies, and headers that no client library would send."""

import socket
from contextlib import ExitStack

import pytest
import requests

from tests.services.running import Running

SLOW = (
    b"POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
)


def raw(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        return connection.recv(65_536)


def test_twenty_slow_senders_do_not_delay_others(services: Running) -> None:
    """On all three services at once, because each sender gets ten seconds."""
    token = services.subject_token("auth0|local-admin").encode()
    ports = services.ports
    paths = {ports["api"]: b"/api/notes/", ports["tenant"]: b"/oauth/token", ports["bridge"]: b"/mcp"}
    with ExitStack() as slow:
        senders = []
        for port, path in paths.items():
            for _ in range(20):
                sender = slow.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
                sender.sendall(SLOW % (path, token))
                senders.append(sender)
        for port in paths:
            assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=30).status_code == 200
        assert [sender.recv(100).split()[1] for sender in senders] == [b"408"] * len(senders)


@pytest.mark.parametrize(("service", "path"), [("api", "/api/notes/"), ("tenant", "/oauth/token"), ("bridge", "/mcp")])
def test_a_body_over_one_megabyte_is_refused(services: Running, service: str, path: str) -> None:
    token = services.subject_token("auth0|local-admin")
    answer = requests.post(
        f"http://localhost:{services.ports[service]}{path}",
        data=b" " * 1_100_000,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        timeout=30,
    )
    assert answer.status_code == 413
    assert answer.headers["Cache-Control"] == "no-store"  # RFC 6750 §5.3


@pytest.mark.parametrize("service", ["api", "tenant", "bridge"])
def test_a_token_over_16_kilobytes_is_refused(services: Running, service: str) -> None:
    url = {
        "api": f"{services.api}/api/private-scope",
        "tenant": f"{services.issuer}/oauth/token",
        "bridge": services.mcp,
    }
    token = services.subject_token("auth0|local-admin", padding="x" * 20_000)
    answer = requests.post(url[service], headers={"Authorization": f"Bearer {token}"}, timeout=30)
    assert answer.status_code in {400, 401}
    assert token[-100:] not in answer.text


def test_a_header_with_underscores_is_not_mistaken_for_another(services: Running) -> None:
    token = services.subject_token("auth0|local-admin", aud=f"{services.api}/", scope="read:private").encode()
    request = b"GET /api/private-scope HTTP/1.1\r\nHost: localhost\r\n%s\r\nConnection: close\r\n\r\n"
    assert b" 200 " in raw(services.ports["api"], request % (b"Authorization: Bearer " + token))
    assert b" 401 " in raw(services.ports["api"], request % (b"Http_Authorization: Bearer " + token))


def test_two_authorization_headers_are_a_bad_request(services: Running) -> None:
    """RFC 6750 §3.1 invalid_request."""
    token = services.subject_token("auth0|local-admin").encode()
    header = b"Authorization: Bearer " + token
    for service, path in (("api", b"/api/private-scope"), ("bridge", b"/mcp")):
        request = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n%s\r\n%s\r\n\r\n" % (
            path,
            header,
            header,
        )
        assert b" 400 " in raw(services.ports[service], request).splitlines()[0]


@pytest.mark.parametrize("service", ["api", "tenant", "bridge"])
@pytest.mark.parametrize("path", ["/%00", "/%ff%fe", "/" + "x" * 9_000, "/%0d%0aSet-Cookie:x", "/.well-known/%2e%2e/"])
def test_a_hostile_path_is_a_plain_refusal(services: Running, service: str, path: str) -> None:
    answer = raw(services.ports[service], f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.split()[1] in {b"400", b"404", b"414"}
    assert b"Traceback" not in answer


def test_a_foreign_host_is_refused_without_a_log_line(services: Running) -> None:
    for service in ("api", "tenant", "bridge"):
        before = services.stack.log(service)
        answer = raw(services.ports[service], b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert answer.split()[1] in {b"400", b"421"}
        assert services.stack.log(service) == before


def test_probes_need_no_allowed_host(services: Running) -> None:
    for service in ("api", "tenant", "bridge"):
        for path in (b"/healthz", b"/readyz"):
            answer = raw(services.ports[service], b"GET %s HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n" % path)
            assert answer.split()[1] == b"200"
