"""A tenant that needs almost no CPU time, in its own process: it exchanges every token, and counts the exchanges.

With the local tenant, most of the measured time would be the
tenant's. `GET /delay/30` makes it as far away as a real one, in milliseconds.
"""

import asyncio
import json
import sys
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

from tests.bench.processes import process
from tests.issuer import Issuer, rsa_key
from tests.on_behalf_of.exchange.fake_tenant import ACCESS_TOKEN_TYPE


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
                length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), 0)
                body = self._answer(lines[0].split()[1], await reader.readexactly(length))
                await asyncio.sleep(self._delay)
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
                    + body
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, path: str, body: bytes) -> bytes:
        if path == "/oauth/token":
            self._exchanges += 1
            return self._exchanged(dict(parse_qsl(body.decode())))
        if path.startswith("/delay/"):
            self._delay = int(path.rpartition("/")[2]) / 1_000
        return self._documents.get(path, b"%d" % self._exchanges)

    def _exchanged(self, form: dict[str, str]) -> bytes:
        subject = jwt.decode(form["subject_token"], options={"verify_signature": False})
        claims = self._issuer.claims(
            sub=subject["sub"],
            aud=form["audience"],
            client_id=form["client_id"],
            scope=form["scope"],
            exp=subject["exp"],
            act={"sub": form["client_id"], "act": {"sub": subject["client_id"]}},
        )
        token = self._issuer.sign(claims, key=self._key)
        answer = {"access_token": token, "expires_in": 300, "token_type": "Bearer"}
        return json.dumps(answer | {"issued_token_type": ACCESS_TOKEN_TYPE}).encode()


@contextmanager
def quick_tenant(port: int, state: Path) -> Iterator[Issuer]:
    """Run the tenant in its own process until the block ends. It signs with the key of the issuer that is yielded."""
    issuer = Issuer(f"http://127.0.0.1:{port}/")
    key_file = state / "key.pem"
    key_file.write_bytes(rsa_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    command = [sys.executable, "-m", "tests.bench.quick_tenant", str(port), str(key_file)]
    with process(command, {}, ready=issuer.url):
        yield issuer


def keep_away(issuer: Issuer, milliseconds: int) -> None:
    """From now on, the tenant answers after this delay."""
    requests.get(f"{issuer.url}delay/{milliseconds}", timeout=5)


async def main(port: int, key_pem: bytes) -> None:
    key = load_pem_private_key(key_pem, None)
    assert isinstance(key, RSAPrivateKey)
    issuer = Issuer(f"http://127.0.0.1:{port}/")
    issuer.keys = [key]
    async with await asyncio.start_server(QuickTenant(issuer, key).serve, "127.0.0.1", port, backlog=256) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
