import base64
import hashlib
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def rsa_key(name: str = "first", bits: int = 2048) -> rsa.RSAPrivateKey:  # noqa: ARG001 - the cache tells keys apart by it
    """Return this process's private key of that name. It is generated on first use, which takes a moment."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def key_id(key: rsa.RSAPrivateKey) -> str:
    """Return the `kid` under which an issuer publishes the key."""
    return hashlib.sha256(str(key.public_key().public_numbers().n).encode()).hexdigest()[:16]


def public_jwk(key: rsa.RSAPrivateKey, **members: Any) -> dict[str, Any]:
    """Return the public JWK of a key (RFC 7517 §4), with `members` added or replaced."""
    numbers = key.public_key().public_numbers()
    n, e = (
        base64.urlsafe_b64encode(number.to_bytes((number.bit_length() + 7) // 8)).rstrip(b"=").decode()
        for number in (numbers.n, numbers.e)
    )
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id(key), "n": n, "e": e} | members
