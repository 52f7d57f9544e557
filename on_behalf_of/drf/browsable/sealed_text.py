"""What a session holds and nobody who reads the database shall learn: encrypted, and good for one purpose only."""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE, _TAG = 12, 16  # bytes; nonces are random (NIST SP 800-38D §8.2.2)


class Unsealable(Exception):
    """Not sealed by us, with this key, for this purpose. The text is fixed."""


def seal(text: str, *, key: bytes, purpose: str) -> str:
    """AES-256-GCM with `purpose` as associated data: what is copied to another place fails there."""
    nonce = os.urandom(_NONCE)
    sealed = nonce + AESGCM(key).encrypt(nonce, text.encode(), purpose.encode())
    return base64.urlsafe_b64encode(sealed).decode()


def unseal(sealed: object, *, key: bytes, purpose: str) -> str:
    """What was sealed. Raises Unsealable for anything else, whatever it is."""
    try:
        content = base64.urlsafe_b64decode(sealed) if isinstance(sealed, str) else b""
        if len(content) < _NONCE + _TAG:
            raise Unsealable("it has another form")
        return AESGCM(key).decrypt(content[:_NONCE], content[_NONCE:], purpose.encode()).decode()
    except (InvalidTag, ValueError):
        raise Unsealable("it was changed, or belongs elsewhere") from None
