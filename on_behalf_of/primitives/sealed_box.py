"""Encrypt and authenticate data that others store for us, and bind it to one purpose."""

import base64
import hashlib
import os
from collections.abc import Sequence

KEY_LENGTH = 32  # bytes: AES-256
MAX_ENTRY = 32_768  # bytes; a token is shorter
_VERSION, _KEY_ID, _NONCE, _TAG = b"\x01", 8, 12, 16  # bytes; nonces are random (NIST SP 800-38D §8.2.2)


class Unsealable(Exception):
    """The entry was not written by us for this purpose. The text is fixed and says which check failed."""


class SealedBox:
    """AES-256-GCM with several keys: the first encrypts, all decrypt, and each entry names its key.

    An entry is `version, key id, nonce, ciphertext, tag`. `associated` binds it to its place and purpose: an entry
    that was copied elsewhere fails like a changed one. An older entry that was put back in its own place is not
    noticed, so the reader must check by its content that it is still valid.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_LENGTH for key in keys):
            raise ValueError(f"keys of {KEY_LENGTH} bytes are needed")
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # settings need the length of keys only

        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._first = key_id(keys[0])

    def seal(self, content: bytes, associated: bytes) -> bytes:
        head, nonce = _VERSION + self._first, os.urandom(_NONCE)
        return head + nonce + self._ciphers[self._first].encrypt(nonce, content, head + associated)

    def open(self, entry: object, associated: bytes) -> bytes:
        """Return the content that was sealed. Raises Unsealable for anything else."""
        if not isinstance(entry, bytes):
            raise Unsealable("it is not made of bytes")
        if not len(_VERSION) + _KEY_ID + _NONCE + _TAG <= len(entry) <= MAX_ENTRY or entry[:1] != _VERSION:
            raise Unsealable("it has another form")
        head, rest = entry[: 1 + _KEY_ID], entry[1 + _KEY_ID :]
        cipher = self._ciphers.get(head[1:])
        if cipher is None:
            raise Unsealable("it is encrypted with a key that is not in use here")
        from cryptography.exceptions import InvalidTag

        try:
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], head + associated)
        except InvalidTag:
            raise Unsealable("it was changed, or belongs elsewhere") from None


def key_id(key: bytes) -> bytes:
    """Return a name for the key that reveals nothing about it."""
    return hashlib.sha256(b"id of a key of a sealed box\n" + key).digest()[:_KEY_ID]


def seal_text(text: str, *, key: bytes, purpose: str) -> str:
    """Return the sealed text in a form that fits into JSON. It can be unsealed for the same purpose only."""
    return base64.urlsafe_b64encode(SealedBox([key]).seal(text.encode(), purpose.encode())).decode()


def unseal_text(sealed: object, *, key: bytes, purpose: str) -> str:
    """Return the text that was sealed. Raises Unsealable for anything else."""
    try:
        entry = base64.urlsafe_b64decode(sealed) if isinstance(sealed, str) else b""
    except ValueError:
        raise Unsealable("it has another form") from None
    return SealedBox([key]).open(entry, purpose.encode()).decode()
