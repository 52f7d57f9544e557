"""Keep an issuer's keys in a file, for when the issuer cannot be asked. Only this user may change them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.utils import to_base64url_uint

from on_behalf_of.primitives.atomic_file import replace_file
from on_behalf_of.primitives.strict_json import MalformedJson, parse_object
from on_behalf_of.resource_server.json_web_key_set import usable_keys
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable, Reason


@dataclass(frozen=True)
class KeptKeys:
    """An issuer's keys at one point in time; a KeySource that never fetches."""

    issuer: str
    keys: Mapping[str, RSAPublicKey]
    fetched_at: float  # seconds since the epoch

    def key(self, key_id: str) -> RSAPublicKey:
        if key_id not in self.keys:
            raise InvalidToken(Reason.UNKNOWN_KEY)
        return self.keys[key_id]

    def write(self, path: Path) -> None:
        """Write the keys to `path`, completely or not at all, with mode 0600. Raises OSError."""
        document = {
            "issuer": self.issuer,
            "fetched_at": self.fetched_at,
            "keys": [_published(key_id, key) for key_id, key in self.keys.items()],
        }
        replace_file(path, json.dumps(document))


class NoKeys:
    """A KeySource without keys."""

    def key(self, key_id: str) -> RSAPublicKey:  # noqa: ARG002 - a KeySource
        raise KeysUnavailable(retry_after=1)


def read_kept_keys(path: Path, *, issuer: str) -> KeptKeys | None:
    """Return the keys in the file at `path`; None if it has none of this issuer."""
    try:
        document = parse_object(path.read_bytes())
    except (OSError, MalformedJson):
        return None
    keys, fetched_at = usable_keys(document), document.get("fetched_at")
    if document.get("issuer") != issuer or not keys or not isinstance(fetched_at, int | float):
        return None
    return KeptKeys(issuer, keys, float(fetched_at))


def _published(key_id: str, key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "kty": "RSA",
        "kid": key_id,
        "n": to_base64url_uint(numbers.n).decode(),
        "e": to_base64url_uint(numbers.e).decode(),
    }
