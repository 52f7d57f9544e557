"""The Ed25519 key that signs seals, and the public keys that verify them. None of them is ever stored in the database.

Both files are read again for each run, so that a rotation takes effect at once, in all processes.
"""

import base64
import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from on_behalf_of.primitives.atomic_file import create_file, replace_file

PublicKeys = dict[str, Ed25519PublicKey]  # by key id


class KeysUnusable(Exception):
    """A key file cannot be read, made or understood. The message names the file, and never its content."""


@dataclass(frozen=True)
class SealKey:
    id: str
    private: Ed25519PrivateKey = field(repr=False)

    def sign(self, content: bytes) -> str:
        return self.private.sign(content).hex()


def seal_key(path: Path, public_keys_file: Path) -> SealKey:
    """Return the key that signs, made first if there is none, with its public half in the other file."""
    try:
        if not path.exists():
            _make_folder(path)
            create_file(path, _new_pem())
        key = _load(path)
        if key.id not in _read(public_keys_file):
            _publish(key, public_keys_file)
    except OSError as error:
        raise KeysUnusable(f"{error.filename or path} cannot be read or made ({error.strerror}).") from error
    return key


def rotate(path: Path, public_keys_file: Path) -> SealKey:
    """Replace the key that signs. What the old key has signed can still be verified."""
    seal_key(path, public_keys_file)  # makes sure that the old key's public half is kept
    pem = _new_pem()
    _publish(_parse(pem, path), public_keys_file)  # before anything is signed with it
    replace_file(path, pem)
    return _load(path)


def public_keys(path: Path) -> PublicKeys:
    """Return all keys whose signatures count. Raises KeysUnusable if the file is missing, empty or malformed."""
    try:
        keys = {name: Ed25519PublicKey.from_public_bytes(base64.b64decode(raw)) for name, raw in _read(path).items()}
    except (OSError, ValueError) as error:
        raise KeysUnusable(f"{path} cannot be read: it should contain public keys by their ids.") from error
    if not keys:
        raise KeysUnusable(f"{path} contains no public key.")
    if any(_id_of(key) != name for name, key in keys.items()):
        raise KeysUnusable(f"{path} contains a key under the wrong id.")
    return keys


def is_signed(content: bytes, *, key_id: str, signature: str, keys: PublicKeys) -> bool:
    try:
        keys[key_id].verify(bytes.fromhex(signature), content)
    except (KeyError, ValueError, InvalidSignature):
        return False
    return True


def _publish(key: SealKey, path: Path) -> None:
    with _locked(path):
        content = _read(path) | {key.id: base64.b64encode(_raw(key.private.public_key())).decode()}
        replace_file(path, json.dumps(content, indent=2), mode=0o644)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    content = json.loads(path.read_text(encoding="ascii"))
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise ValueError("not an object of texts")
    return content


def _load(path: Path) -> SealKey:
    return _parse(path.read_text(encoding="ascii"), path)


def _parse(pem: str, path: Path) -> SealKey:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError) as error:
        raise KeysUnusable(f"{path} contains no private key in PEM without a password.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeysUnusable(f"{path} contains a key that is not Ed25519.")
    return SealKey(_id_of(key.public_key()), key)


def _new_pem() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _raw(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _id_of(key: Ed25519PublicKey) -> str:
    return hashlib.sha256(_raw(key)).hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    _make_folder(path)
    with path.with_name(f".{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # released when the file is closed
        yield


def _make_folder(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
