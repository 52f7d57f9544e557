"""A real https server on loopback, with a certificate of a CA made for the run."""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.local_tenant.flow import BRIDGE, CALLBACK, Browser, authorize_url, verified


@dataclass
class DocumentServer:
    port: int
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def url(self, path: str) -> str:
        return f"https://localhost:{self.port}{path}"

    def publish(self, path: str, **changes: Any) -> str:
        """A client's document at `path`; its URL is the client id."""
        document = {
            "client_id": self.url(path),
            "client_name": "A client with a document",
            "redirect_uris": [CALLBACK],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            **changes,
        }
        self.answers[path] = (200, {"Content-Type": "application/json"}, json.dumps(document).encode())
        return self.url(path)


def _certificate(name: str, issuer: x509.Name, key: Any, signer: Any, *, ca: bool) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The CA's certificate, and a file with certificate and key of the server."""
    folder = tmp_path_factory.mktemp("tls")
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A CA for tests")])
    pem = serialization.Encoding.PEM
    ca_file, server_file = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(_certificate("A CA for tests", ca_name, ca_key, ca_key, ca=True).public_bytes(pem))
    server_file.write_bytes(
        _certificate("localhost", ca_name, key, ca_key, ca=False).public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return ca_file, server_file


@pytest.fixture(scope="module")
def server(authority: tuple[Path, Path]) -> Iterator[DocumentServer]:
    documents = DocumentServer(port=0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            documents.requests.append(self.path)
            status, headers, body = documents.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority[1])
    listener.socket = context.wrap_socket(listener.socket, server_side=True)
    documents.port = listener.server_address[1]
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield documents
    listener.shutdown()
    listener.server_close()
    thread.join()


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


def test_without_a_ca_documents_on_loopback_are_refused_with_a_reason(browser: Browser, server: DocumentServer) -> None:
    response = browser.http.get(authorize_url(client_id=server.publish("/no-ca.json")))
    assert response.status_code == 400
    assert "LOCAL_TENANT_CIMD_CA" in response.content.decode()
    assert "/no-ca.json" not in server.requests


def test_a_certificate_of_another_ca_is_not_trusted(
    browser: Browser, server: DocumentServer, settings: Any, tmp_path: Path
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Another CA")])
    other = tmp_path / "other.pem"
    other.write_bytes(_certificate("Another CA", name, key, key, ca=True).public_bytes(serialization.Encoding.PEM))
    settings.LOCAL_TENANT = replace(settings.LOCAL_TENANT, cimd_ca_file=other)
    response = browser.http.get(authorize_url(client_id=server.publish("/tls.json")))
    assert response.status_code == 400
    assert "/tls.json" not in server.requests


BAD_DOCUMENTS: dict[str, dict[str, Any]] = {
    "of another client": {"client_id": "https://localhost/other"},
    "without redirect": {"redirect_uris": []},
    "with http elsewhere": {"redirect_uris": ["http://example.com/cb"]},
    "with numbers": {"redirect_uris": [1]},
    "with a secret": {"client_secret": "x"},
    "that is confidential": {"token_endpoint_auth_method": "client_secret_basic"},
    "for the implicit flow": {"grant_types": ["implicit", "authorization_code"]},
    "with NUL in its name": {"client_name": "a\x00"},
    "with an odd name": {"client_name": ["x"]},
}


@pytest.mark.parametrize(("number", "changes"), [*enumerate(BAD_DOCUMENTS.values())], ids=BAD_DOCUMENTS)
def test_a_bad_document_makes_no_client(
    trusted: None, browser: Browser, server: DocumentServer, number: int, changes: dict[str, Any]
) -> None:
    response = browser.http.get(authorize_url(client_id=server.publish(f"/bad-{number}.json", **changes)))
    assert response.status_code == 400
    assert "metadata document cannot be used" in response.content.decode()


BAD_ANSWERS: dict[str, tuple[int, dict[str, str], bytes]] = {
    "missing": (404, {}, b""),
    "redirected": (302, {"Location": "/client.json"}, b""),
    "too big": (200, {}, b'{"x": "' + b"x" * 20_000 + b'"}'),
    "no JSON": (200, {}, b"hello"),
    "a list": (200, {}, b"[]"),
    "not UTF-8": (200, {}, b'{"x": "\xff"}'),
    "with duplicate members": (200, {}, b'{"client_id": "a", "client_id": "b"}'),
}


@pytest.mark.parametrize(("number", "answer"), [*enumerate(BAD_ANSWERS.values())], ids=BAD_ANSWERS)
def test_a_bad_answer_makes_no_client(
    trusted: None, browser: Browser, server: DocumentServer, number: int, answer: tuple[int, dict[str, str], bytes]
) -> None:
    before = list(server.requests)
    server.answers[f"/answer-{number}"] = answer
    response = browser.http.get(authorize_url(client_id=server.url(f"/answer-{number}")))
    assert response.status_code == 400
    assert "metadata document cannot be used" in response.content.decode()
    assert server.requests == [*before, f"/answer-{number}"]  # redirects are not followed


@pytest.mark.parametrize("path", ["", "/", "/a/../b", "/x#y"])
def test_a_url_that_cannot_be_a_client_id_is_not_fetched(
    trusted: None, browser: Browser, server: DocumentServer, path: str
) -> None:
    before = list(server.requests)
    assert browser.http.get(authorize_url(client_id=server.url(path))).status_code == 400
    assert server.requests == before


def test_an_address_in_a_private_network_is_never_fetched(trusted: None, browser: Browser) -> None:
    response = browser.http.get(authorize_url(client_id="https://10.0.0.1/client.json"))
    assert response.status_code == 400
    assert "non-public" in response.content.decode()


def test_a_server_that_is_not_there_is_no_traceback(trusted: None, browser: Browser) -> None:
    assert browser.http.get(authorize_url(client_id="https://localhost:1/client.json")).status_code == 400
