"""Local servers that send exactly the given bytes."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from tests.issuer import rsa_key

Script = Callable[["Conversation"], None]


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self.connection = connection
        self.stopped = stopped

    def request(self) -> bytes:
        """Return the head of the next request; empty if the client has gone."""
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := self.connection.recv(65_536)):
                return b""
            head += data
        return head

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def drip(self, data: bytes) -> None:
        """Repeat `data` slowly, until the client has gone."""
        while not self.stopped.wait(0.02):
            self.send(data)


class LoopbackServer:
    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        self.connections = 0
        self.ended = threading.Semaphore(0)  # released when a conversation is over
        self._script, self._tls = script, tls
        self._stopped = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):  # stopped
            while True:
                connection, _ = self._listening.accept()
                self.connections += 1
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError), connection:
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                with connection:
                    self._script(Conversation(connection, self._stopped))
        finally:
            self.ended.release()

    def stop(self) -> None:
        self._stopped.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


@contextmanager
def serving(script: Script, *, tls: ssl.SSLContext | None = None) -> Iterator[LoopbackServer]:
    server = LoopbackServer(script, tls)
    try:
        yield server
    finally:
        server.stop()


def answering(*answers: bytes) -> Script:
    """Answer each request of a connection with the next of `answers`, then close it."""

    def script(conversation: Conversation) -> None:
        for answer in answers:
            if conversation.request():
                conversation.send(answer)

    return script


def certificate(folder: Path, name: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """Make a self-signed certificate for `name`. Return the file to trust, and the server's files."""
    key = rsa_key("tls")
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    alternative = x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    trusted, private = folder / "certificate.pem", folder / "key.pem"
    trusted.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted, private)
    return trusted, context
