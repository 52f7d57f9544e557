"""A tenant that needs little processor time, in its own process: it exchanges tokens and counts the exchanges.

With the local tenant, most of the measured time would be the tenant's. `GET /delay/30` makes it as far away as a real
one, in milliseconds. It answers over TLS if it gets a certificate. It does not authenticate clients.
"""

import asyncio
import base64
import json
import ssl
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qsl

import jwt
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from on_behalf_of.resource_server.access_token import TokenDialect
from tests.bench.processes import process
from tests.issuer import Issuer, rsa_key
from tests.on_behalf_of.exchange.fake_tenant import ACCESS_TOKEN_TYPE

LIFETIME = 86_400  # seconds; Auth0's default
Authority = tuple[Path, Path]


class QuickTenant:
    def __init__(self, issuer: Issuer, key: RSAPrivateKey) -> None:
        self._issuer = issuer
        self._key = key
        self._exchanges = 0
        self._delay = 0.0  # seconds
        self._documents = {path: json.dumps(document).encode() for path, document in issuer.documents().items()}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while asked := await reader.readuntil(b"\r\n\r\n"):
                lines = asked.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                sent = await reader.readexactly(int(headers.get("content-length", 0)))
                body = self._answer(lines[0].split()[1], sent, headers.get("authorization", ""))
                await asyncio.sleep(self._delay)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body
                )
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    def _answer(self, path: str, body: bytes, authorization: str) -> bytes:
        if path == "/oauth/token":
            self._exchanges += 1
            return self._exchanged(dict(parse_qsl(body.decode())), authorization)
        if path.startswith("/delay/"):
            self._delay = int(path.rpartition("/")[2]) / 1_000
        return self._documents.get(path, b"%d" % self._exchanges)

    def _exchanged(self, form: dict[str, str], authorization: str) -> bytes:
        client = form.get("client_id") or base64.b64decode(authorization.removeprefix("Basic ")).decode().split(":")[0]
        subject = jwt.decode(
            form["subject_token"], self._key.public_key(), algorithms=["RS256"], options={"verify_aud": False}
        )
        dialect = TokenDialect.AUTH0 if "azp" in subject else TokenDialect.RFC9068
        token = self._issuer.token(
            subject=subject["sub"],
            audience=form["audience"],
            actor=[client, subject.get("azp") or subject["client_id"]],
            scopes=form["scope"].split(),
            dialect=dialect,
            exp=subject["exp"],
        )
        seconds = min(LIFETIME, int(subject["exp"] - time.time()))
        answer = {"access_token": token, "expires_in": seconds, "token_type": "Bearer", "scope": form["scope"]}
        return json.dumps(answer | {"issued_token_type": ACCESS_TOKEN_TYPE}).encode()


@contextmanager
def quick_tenant(port: int, state: Path, authority: Authority | None = None) -> Iterator[Issuer]:
    """Run the tenant in its own process until the block ends. It signs with the key of the issuer that is yielded.

    `authority` is the file of a CA's certificate, and of a certificate for localhost with its key: then it uses TLS.
    """
    issuer = Issuer(f"https://localhost:{port}/" if authority else f"http://127.0.0.1:{port}/")
    key_file = state / "key.pem"
    key_file.write_bytes(rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    files = [str(key_file), *([str(authority[1])] if authority else [])]
    command = [sys.executable, "-m", "tests.bench.quick_tenant", str(port), issuer.url, *files]
    with process(command, {}, ready=issuer.url, ca_file=authority[0] if authority else None):
        yield issuer


def keep_away(issuer: Issuer, milliseconds: int, ca_file: Path | None = None) -> None:
    """From now on, the tenant answers after this delay."""
    _ask(issuer, f"delay/{milliseconds}", ca_file)


def exchanges(issuer: Issuer, ca_file: Path | None = None) -> int:
    """Return how many tokens the tenant has exchanged."""
    return int(_ask(issuer, "count", ca_file))


def _ask(issuer: Issuer, path: str, ca_file: Path | None) -> str:
    return requests.get(issuer.url + path, timeout=5, verify=str(ca_file) if ca_file else True).text


async def main(port: int, url: str, key_pem: bytes, certificate: str) -> None:
    key = load_pem_private_key(key_pem, None)
    assert isinstance(key, RSAPrivateKey)
    issuer = Issuer(url)
    issuer.keys = [key]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if certificate else None
    if context:
        context.load_cert_chain(certificate)
    tenant = QuickTenant(issuer, key)
    async with await asyncio.start_server(tenant.serve, "127.0.0.1", port, backlog=256, ssl=context) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes(), "".join(sys.argv[4:])))
