"""What stands in a shared cache: encrypted, authenticated, and good for one purpose only."""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_LENGTH = 32  # bytes: AES-256
MAX_ENTRY = 32_768  # bytes; a token is shorter
_VERSION, _KEY_ID, _NONCE, _TAG = b"\x01", 8, 12, 16  # bytes; nonces are random (NIST SP 800-38D §8.2.2)


class UnusableEntry(Exception):
    """Not written by us for this purpose. The text is fixed and says which check failed."""


class EntryCipher:
    """AES-256-GCM with several keys: the first encrypts, all decrypt, and an entry names its own.

    An entry is `version, key id, nonce, ciphertext, tag`. Everything else that it is about is associated data: an
    entry that was copied to another place fails as one that was changed does. What cannot be noticed is that an older
    entry was put back in its own place; whoever reads must see by what it holds that it is still good.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_LENGTH for key in keys):
            raise ValueError(f"keys of {KEY_LENGTH} bytes are needed")
        self._ciphers = {key_id(key): AESGCM(key) for key in keys}
        self._first = key_id(keys[0])

    def seal(self, content: bytes, associated: bytes) -> bytes:
        head, nonce = _VERSION + self._first, os.urandom(_NONCE)
        return head + nonce + self._ciphers[self._first].encrypt(nonce, content, head + associated)

    def open(self, entry: object, associated: bytes) -> bytes:
        """What was sealed. Raises UnusableEntry for anything else, whatever it is."""
        if not isinstance(entry, bytes):
            raise UnusableEntry("it is not made of bytes")
        if not len(_VERSION) + _KEY_ID + _NONCE + _TAG <= len(entry) <= MAX_ENTRY or entry[:1] != _VERSION:
            raise UnusableEntry("it has another form")
        head, rest = entry[: 1 + _KEY_ID], entry[1 + _KEY_ID :]
        cipher = self._ciphers.get(head[1:])
        if cipher is None:
            raise UnusableEntry("it is encrypted with a key that is not in use here")
        try:
            return cipher.decrypt(rest[:_NONCE], rest[_NONCE:], head + associated)
        except InvalidTag:
            raise UnusableEntry("it was changed, or belongs elsewhere") from None


def key_id(key: bytes) -> bytes:
    """Names a key and says nothing about it."""
    return hashlib.sha256(b"id of a cache encryption key\n" + key).digest()[:_KEY_ID]
