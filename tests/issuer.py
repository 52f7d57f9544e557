"""An issuer for tests: really signs tokens, and really serves its metadata and keys over HTTP."""

import base64
import hashlib
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

BRIDGE_AUDIENCE = "http://localhost:3001/mcp"
API_AUDIENCE = "http://localhost:8787/"
BRIDGE_CLIENT = "bridge-client"


@cache
def rsa_key(name: str = "first", bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key for each name: making them is slow, and no test needs a secret one."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def public_jwk(key: rsa.RSAPrivateKey, **members: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    n, e = (
        base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
        for number in (numbers.n, numbers.e)
    )
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id(key), "n": n, "e": e} | members


def key_id(key: rsa.RSAPrivateKey) -> str:
    return hashlib.sha256(str(key.public_key().public_numbers().n).encode()).hexdigest()[:16]


class Issuer:
    """Signs tokens as an Auth0 tenant would; `keys` are those it publishes, the last one signs."""

    def __init__(self, url: str = "https://tenant.example/") -> None:
        self.url = url
        self.keys = [rsa_key()]
        self.requests: Counter[str] = Counter()  # path -> times asked for
        self.answers: dict[str, tuple[int, bytes]] = {}  # path -> what to say in place of the truth
        self.codes: dict[str, tuple[str, str]] = {}  # code -> its S256 challenge, and the token that it is good for
        self.token_answer: tuple[int, bytes] | None = None  # what the token endpoint says in place of the truth
        self.redeemed: list[dict[str, str]] = []  # what was sent to the token endpoint
        self.is_hanging = threading.Event()
        self.released = threading.Event()

    def rotate(self, name: str) -> None:
        self.keys.append(rsa_key(name))

    def claims(self, **changes: Any) -> dict[str, Any]:
        """Claims of a good RFC 9068 token for the API; a change to None takes the claim away."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.url,
            "sub": "auth0|alice",
            "aud": API_AUDIENCE,
            "client_id": "inspector",
            "iat": now,
            "exp": now + 300,
            "jti": uuid.uuid4().hex,
            "scope": "read:private",
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def auth0_claims(self, **changes: Any) -> dict[str, Any]:
        """The same in Auth0's own dialect; sign it with typ="JWT"."""
        return self.claims(**({"client_id": None, "jti": None, "azp": "inspector"} | changes))

    def sign(self, claims: dict[str, Any], *, key: Any = None, algorithm: str = "RS256", **header: Any) -> str:
        """Sign `claims`; header members given as None are left out."""
        key = key or self.keys[-1]
        name = key_id(key) if isinstance(key, rsa.RSAPrivateKey) else "k"
        members: dict[str, Any] = {"typ": "at+jwt", "kid": name} | header
        token = jwt.encode(claims, key, algorithm=algorithm, headers=members)
        if None not in members.values():
            return token
        return self.sign_raw({k: v for k, v in ({"alg": algorithm} | members).items() if v is not None}, claims, key)

    @staticmethod
    def sign_raw(header: Any, payload: Any, key: rsa.RSAPrivateKey) -> str:
        """Sign whatever is given: objects are written as JSON, bytes are taken as they are (RS256)."""
        parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
        signing_input = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
        signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(signing_input, key)
        return (signing_input + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()

    def token(self, **changes: Any) -> str:
        """A good access token for the API, but for `changes` to its claims."""
        return self.sign(self.claims(**changes))

    def delegated_token(self, **changes: Any) -> str:
        """Token B: the API's, for the same user, with the bridge as current actor for the original client."""
        act = {"sub": BRIDGE_CLIENT, "act": {"sub": "inspector"}}
        return self.token(**({"client_id": BRIDGE_CLIENT, "act": act} | changes))

    def redeem(self, form: dict[str, str]) -> tuple[int, bytes]:
        """A code for a token, once, and only with the verifier of its challenge (RFC 7636 §4.6)."""
        self.redeemed.append(form)
        challenge, token = self.codes.pop(form.get("code", ""), ("", ""))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return 400, b'{"error": "invalid_grant"}'
        return 200, json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 300}).encode()

    def documents(self) -> dict[str, dict[str, Any]]:
        metadata = {
            "issuer": self.url,
            "jwks_uri": f"{self.url}.well-known/jwks.json",
            "token_endpoint": f"{self.url}oauth/token",
            "authorization_endpoint": f"{self.url}authorize",
            "authorization_response_iss_parameter_supported": True,
        }
        return {
            "/.well-known/openid-configuration": metadata,
            "/.well-known/jwks.json": {"keys": [public_jwk(key) for key in self.keys]},
        }


@contextmanager
def serving_issuer() -> Iterator[Issuer]:
    """An issuer at a free port of this machine; its `answers` may lie, and `is_hanging` makes it silent."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(issuer.answers.get(self.path) or (200, json.dumps(issuer.documents().get(self.path)).encode()))

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            self.answer(issuer.token_answer or issuer.redeem(form))

        def answer(self, answer: tuple[int, bytes]) -> None:
            issuer.requests[self.path] += 1
            if issuer.is_hanging.is_set():
                issuer.released.wait(30)
                return
            status, body = answer
            self.send_response(status if body != b"null" else 404)
            self.send_header("Content-Length", str(len(body)))
            if 300 <= status < 400:
                self.send_header("Location", "/.well-known/openid-configuration")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the server's signature
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_port}/"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
