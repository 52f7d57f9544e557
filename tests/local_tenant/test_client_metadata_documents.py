"""Clients that are known by a document (CIMD), which the tenant fetches over TLS from a real server."""

import html
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from operations.stack import free_ports
from tests.client_documents import DocumentServer, make_authority, serving_documents
from tests.local_tenant.flow import BRIDGE, Browser, authorize_url, error, token_request, verified

JSON = {"Content-Type": "application/json"}


def refusal(browser: Browser, client_id: str) -> str:
    """Return the text of the error page for a client with this id."""
    response = browser.http.get(authorize_url(client_id=client_id))
    assert response.status_code == 400
    page = html.unescape(response.content.decode())
    assert "metadata document cannot be used" in page
    return page


@contextmanager
def answering(answer: bytes | None, *, address: str = "127.0.0.1", server_file: Path | None = None) -> Iterator[int]:
    """Serve this answer, or none, to every request, over TLS if there is a certificate. Yield the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(4096)
            if answer is not None:
                self.request.sendall(answer)
            else:
                self.request.recv(4096)  # until the other side has had enough

    with socketserver.ThreadingTCPServer((address, 0), Handler) as listener:
        if server_file:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(server_file)
            listener.socket = context.wrap_socket(listener.socket, server_side=True)
        thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield listener.server_address[1]
        listener.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def server(authority: tuple[Path, Path]) -> Iterator[DocumentServer]:
    with serving_documents(authority[1]) as documents:
        yield documents


@pytest.fixture(autouse=True)
def switched_on(settings: Any) -> None:
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"CIMD_ENABLED": True}


@pytest.fixture
def trusted(settings: Any, process: None, authority: tuple[Path, Path]) -> None:
    settings.LOCAL_TENANT = replace(settings.LOCAL_TENANT, cimd_ca_file=authority[0])


def test_a_client_logs_in_with_the_url_of_its_document(
    trusted: None, browser: Browser, server: DocumentServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")  # what the environment trusts is of no matter
    client_id = server.publish("/client.json")
    browser.log_in(("admin@example.com", "admin-demo"))
    page = browser.http.get(authorize_url(client_id=client_id)).content.decode()
    assert "A client with a document" in page
    claims = verified(browser.access_token(client_id=client_id), BRIDGE)
    assert claims["client_id"] == client_id
    assert server.requests.count("/client.json") == 1  # kept for a while


def test_while_documents_are_off_none_is_fetched_or_used(
    trusted: None, browser: Browser, server: DocumentServer, settings: Any
) -> None:
    known, unknown = server.publish("/known.json"), server.publish("/unknown.json")
    tokens = browser.tokens(client_id=known, scope="offline_access tool:greet")
    requests = list(server.requests)
    settings.OAUTH2_PROVIDER = settings.OAUTH2_PROVIDER | {"CIMD_ENABLED": False}
    for client_id in (known, unknown):
        page = browser.http.get(authorize_url(client_id=client_id))
        assert page.status_code == 400
        assert "LOCAL_TENANT_CIMD=true" in page.content.decode()
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": known}
    assert error(token_request(refresh)) == (401, "invalid_client")
    assert server.requests == requests


def test_without_a_ca_documents_on_loopback_are_refused_with_a_reason(browser: Browser, server: DocumentServer) -> None:
    response = browser.http.get(authorize_url(client_id=server.publish("/no-ca.json")))
    assert response.status_code == 400
    assert "LOCAL_TENANT_CIMD_CA" in response.content.decode()
    assert "/no-ca.json" not in server.requests


def test_a_certificate_of_another_ca_is_not_trusted(
    browser: Browser, server: DocumentServer, settings: Any, tmp_path: Path
) -> None:
    other, _ = make_authority(tmp_path)
    settings.LOCAL_TENANT = replace(settings.LOCAL_TENANT, cimd_ca_file=other)
    response = browser.http.get(authorize_url(client_id=server.publish("/tls.json")))
    assert response.status_code == 400
    assert "certificate of its server is not trusted" in response.content.decode()
    assert "/tls.json" not in server.requests


BAD_DOCUMENTS: dict[str, tuple[dict[str, Any], str]] = {
    "of another client": ({"client_id": "https://localhost/other"}, "client_id is not the URL"),
    "without redirect": ({"redirect_uris": []}, "redirect_uris must use https"),
    "with http elsewhere": ({"redirect_uris": ["http://example.com/cb"]}, "redirect_uris must use https"),
    "with numbers": ({"redirect_uris": [1]}, "redirect_uris must use https"),
    "with a secret": ({"client_secret": "x"}, "not describe a public client"),
    "with a secret that ends": ({"client_secret_expires_at": 0}, "not describe a public client"),
    "that is confidential": ({"token_endpoint_auth_method": "client_secret_basic"}, "not describe a public client"),
    "with a key": ({"token_endpoint_auth_method": "private_key_jwt"}, "not describe a public client"),
    "for the implicit flow": ({"grant_types": ["implicit", "authorization_code"]}, "grant_types include one"),
    "for machines": ({"grant_types": ["client_credentials"]}, "grant_types must include authorization_code"),
    "with odd grants": ({"grant_types": "authorization_code"}, "grant_types must include authorization_code"),
    "with grants in numbers": ({"grant_types": ["authorization_code", 1, {}]}, "grant_types include one"),
    "with NUL in its name": ({"client_name": "a\x00"}, "client_name must be a string"),
    "with an odd name": ({"client_name": ["x"]}, "client_name must be a string"),
    "with a name that shows nothing": ({"client_name": "\u200b\u3164"}, "client_name has no visible character"),
}


@pytest.mark.parametrize(
    ("number", "changes", "reason"),
    [(number, *case) for number, case in enumerate(BAD_DOCUMENTS.values())],
    ids=BAD_DOCUMENTS,
)
def test_a_bad_document_registers_no_client(
    trusted: None, browser: Browser, server: DocumentServer, number: int, changes: dict[str, Any], reason: str
) -> None:
    page = refusal(browser, server.publish(f"/bad-{number}.json", **changes))
    assert reason in page
    assert "Correct the document" in page


BAD_ANSWERS: dict[str, tuple[int, dict[str, str], bytes, str]] = {
    "missing": (404, JSON, b"", "answers with status 404"),
    "failing": (503, JSON, b"", "answers with status 503"),
    "redirected": (302, {"Location": "/client.json"}, b"", "its server redirects"),
    "redirected for ever": (308, {"Location": "https://example.com/"}, b"", "its server redirects"),
    "too big": (200, JSON, b'{"x": "' + b"x" * 20_000 + b'"}', "larger than 16 KB"),
    "of another type": (200, {"Content-Type": "text/html"}, b"{}", "Content-Type is not application/json"),
    "without a type": (200, {}, b"{}", "Content-Type is not application/json"),
    "no JSON": (200, JSON, b"hello", "not a JSON object"),
    "a list": (200, JSON, b"[]", "not a JSON object"),
    "not UTF-8": (200, JSON, b'{"x": "\xff"}', "not a JSON object"),
    "with duplicate members": (200, JSON, b'{"client_id": "a", "client_id": "b"}', "unique members"),
}


@pytest.mark.parametrize(
    ("number", "answer", "reason"),
    [(number, case[:3], case[3]) for number, case in enumerate(BAD_ANSWERS.values())],
    ids=BAD_ANSWERS,
)
def test_a_bad_response_registers_no_client(
    trusted: None,
    browser: Browser,
    server: DocumentServer,
    number: int,
    answer: tuple[int, dict[str, str], bytes],
    reason: str,
) -> None:
    before = list(server.requests)
    server.answers[f"/answer-{number}"] = answer
    assert reason in refusal(browser, server.url(f"/answer-{number}"))
    assert server.requests == [*before, f"/answer-{number}"]  # redirects are not followed


@pytest.mark.parametrize("path", ["", "/", "/a/../b", "/x#y", "/a b", "/ü", "/" + "x" * 255])
def test_a_url_that_cannot_be_a_client_id_is_not_fetched(
    trusted: None, browser: Browser, server: DocumentServer, path: str
) -> None:
    before = list(server.requests)
    assert "its URL" in refusal(browser, server.url(path))
    assert server.requests == before


def test_grants_for_other_servers_are_ignored(trusted: None, browser: Browser, server: DocumentServer) -> None:
    """RFC 7591 §2: a document is for all servers, and this one grants what it supports."""
    device = "urn:ietf:params:oauth:grant-type:device_code"
    client_id = server.publish("/device.json", grant_types=["authorization_code", "refresh_token", device])
    assert verified(browser.access_token(client_id=client_id), BRIDGE)["client_id"] == client_id


def test_an_address_in_a_private_network_is_never_fetched(trusted: None, browser: Browser) -> None:
    assert "not on the public internet" in refusal(browser, "https://10.0.0.1/client.json")


def test_resolved_addresses_appear_only_in_the_log(
    trusted: None, browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    inner = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.1.2.3", 443))]
    monkeypatch.setattr("oauth2_provider.cimd.socket.getaddrinfo", lambda *_args, **_kwargs: inner)
    page = refusal(browser, "https://wiki.example.com/client.json")
    assert "not on the public internet" in page
    assert "10.1.2.3" not in page
    assert "10.1.2.3" in caplog.text


def test_a_name_that_does_not_resolve_is_reported(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """RFC 6761 §6.4: no name under .invalid ever does, offline or not."""
    page = refusal(browser, "https://client.invalid/client.json")
    assert "does not resolve" in page
    assert "online" in page
    assert "LOCAL_TENANT_CIMD" in page
    assert "Errno" not in page
    assert "could not resolve" in caplog.text


def test_a_refused_connection_is_reported(trusted: None, browser: Browser) -> None:
    assert "refuses connections" in refusal(browser, f"https://localhost:{free_ports(1)[0]}/client.json")


def test_a_server_without_tls_is_reported(trusted: None, browser: Browser) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as port:
        assert "TLS" in refusal(browser, f"https://localhost:{port}/client.json")


def test_a_silent_server_is_reported(trusted: None, browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_tenant.client_metadata_document.TIMEOUT", 0.2)
    with answering(None) as port:
        assert "did not arrive" in refusal(browser, f"https://localhost:{port}/client.json")


def test_a_certificate_for_another_host_is_not_trusted(
    trusted: None, browser: Browser, authority: tuple[Path, Path]
) -> None:
    """RFC 9525 §6: the certificate names localhost and 127.0.0.1, not this address of the same machine."""
    with answering(None, address="127.0.0.2", server_file=authority[1]) as port:
        page = refusal(browser, f"https://127.0.0.2:{port}/client.json")
    assert "certificate of its server is not trusted" in page


def test_the_reason_stays_until_the_document_is_fetched_again(
    trusted: None, browser: Browser, server: DocumentServer
) -> None:
    client_id = server.url("/nothing.json")
    pages = [refusal(browser, client_id) for _ in range(2)]
    assert all("answers with status 404" in page for page in pages)
    assert server.requests.count("/nothing.json") == 1
