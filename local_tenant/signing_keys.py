"""The tenant's RSA keys: a file for the key that signs, and one for each earlier key that is still published.

The files are read again for every token and every JWKS request, so a rotation takes effect at once in all processes.
Their mode is 0600.
"""

import base64
import functools
import hashlib
import json
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings


@dataclass(frozen=True)
class SigningKey:
    kid: str  # RFC 7638 thumbprint, SHA-256
    public_jwk: dict[str, str]
    private_key: rsa.RSAPrivateKey = field(repr=False)


def signing_key() -> SigningKey:
    """Return the current signing key. Create one if there is none."""
    path = _path()
    if not path.exists():
        _write(path, _new_pem(), os.link)
    return _load(path)


def published_keys() -> list[SigningKey]:
    """Return all keys whose signatures are still accepted, the signing key first."""
    return [signing_key(), *(_load(path) for path in _previous_paths())]


def rotate(*, drop_previous: bool = False) -> SigningKey:
    """Switch to a new signing key and return it. With `drop_previous`, stop publishing all earlier keys."""
    path, old = _path(), signing_key()
    if drop_previous:
        for previous in _previous_paths():
            previous.unlink()
    else:
        _write(path.with_name(f"{path.stem}.previous-{old.kid[:16]}.pem"), _pem(old.private_key), os.replace)
    _write(path, _new_pem(), os.replace)
    return _load(path)


def jwks() -> dict[str, list[dict[str, str]]]:
    """Return the JWK Set (RFC 7517 §5), with public members only."""
    return {"keys": [key.public_jwk for key in published_keys()]}


def _path() -> Path:
    path: Path = settings.LOCAL_TENANT.signing_key_file
    return path


def _previous_paths() -> list[Path]:
    path = _path()
    return sorted(path.parent.glob(f"{path.stem}.previous-*.pem"))


def _load(path: Path) -> SigningKey:
    return _parse(path.read_bytes())


@functools.lru_cache(maxsize=16)  # OpenSSL checks the primes each time, which is slow
def _parse(pem: bytes) -> SigningKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 2048:  # noqa: PLR2004 - RFC 7518 §3.3
        raise ValueError("The tenant's signing key must be an RSA key of 2048 bits or more.")
    numbers = key.public_key().public_numbers()
    required = {"e": _base64url(numbers.e), "kty": "RSA", "n": _base64url(numbers.n)}
    canonical = json.dumps(required, separators=(",", ":"), sort_keys=True).encode()
    kid = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
    return SigningKey(kid, {**required, "kid": kid, "alg": "RS256", "use": "sig"}, key)


def _base64url(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _new_pem() -> bytes:
    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, content: bytes, put: Callable[[Any, Any], None]) -> None:
    """Write a file atomically. With os.link as `put`, an existing file stays; os.replace overwrites it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, draft = tempfile.mkstemp(dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        put(draft, path)
    except FileExistsError:
        pass  # another process was first, and its key counts
    finally:
        Path(draft).unlink(missing_ok=True)
