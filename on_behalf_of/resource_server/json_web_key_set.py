import base64
import binascii
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from on_behalf_of.resource_server.claims import is_identifier

MIN_KEY_BITS, MAX_KEY_BITS = 2048, 8192  # RFC 7518 §3.3 sets the minimum; longer keys make each check too slow
MAX_EXPONENT_BITS = 33
MAX_KEYS = 64
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth"})  # RFC 7518 §6.3.2; each reveals the others


class Unusable(StrEnum):
    """Why a published key is not used."""

    KIND = "it is not an RSA key"
    NAME = "it has no name (kid)"
    PURPOSE = "it is not for RS256 signatures (use, alg, key_ops)"
    PRIVATE = "its private part is published with it"
    LENGTH = f"it has fewer than {MIN_KEY_BITS} or more than {MAX_KEY_BITS} bits"
    NUMBERS = "its numbers (n, e) are not those of a key"


def usable_keys(document: Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """Return the keys of a JWK Set (RFC 7517 §5) that may verify RS256 signatures, by `kid`.

    Other keys are ignored, as RFC 7517 §5 asks. So are keys that were published with their private part, and all keys
    that share a `kid`, because it is unclear which of them is meant.
    """
    found: dict[str, RSAPublicKey] = {}
    ambiguous: set[str] = set()
    entries = document.get("keys")
    for entry in entries[:MAX_KEYS] if isinstance(entries, list) else []:
        key = public_key(entry)
        if isinstance(key, Unusable):
            continue
        key_id = entry["kid"]
        if key_id in found:
            ambiguous.add(key_id)
        found[key_id] = key
    return {key_id: key for key_id, key in found.items() if key_id not in ambiguous}


def public_key(entry: object) -> RSAPublicKey | Unusable:  # noqa: PLR0911 - a list of rules
    """Return the key of one JWK, or why it must not verify RS256 signatures."""
    if not isinstance(entry, dict) or entry.get("kty") != "RSA":
        return Unusable.KIND
    if not is_identifier(entry.get("kid")):
        return Unusable.NAME
    if not _is_for_signatures(entry):
        return Unusable.PURPOSE
    if not PRIVATE_MEMBERS.isdisjoint(entry):
        return Unusable.PRIVATE
    modulus, exponent = _number(entry.get("n")), _number(entry.get("e"))
    if not MIN_KEY_BITS <= modulus.bit_length() <= MAX_KEY_BITS:
        return Unusable.LENGTH
    try:
        is_bounded = exponent.bit_length() <= MAX_EXPONENT_BITS
        return RSAPublicNumbers(e=exponent, n=modulus).public_key() if is_bounded else Unusable.NUMBERS
    except ValueError:
        return Unusable.NUMBERS


def _is_for_signatures(entry: Mapping[str, Any]) -> bool:
    operations = entry.get("key_ops", ["verify"])
    return (
        entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _number(value: object) -> int:
    """Return an unsigned integer from base64url (RFC 7518 §2); 0 for anything else."""
    if not isinstance(value, str) or len(value) > MAX_KEY_BITS:
        return 0
    try:
        return int.from_bytes(base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        return 0
