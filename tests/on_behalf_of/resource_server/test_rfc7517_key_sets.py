"""RFC 7517: which of an issuer's published keys may verify its tokens."""

import base64
from typing import Any

import pytest

from on_behalf_of.resource_server.json_web_key_set import MAX_KEYS, usable_keys
from tests.issuer import key_id, public_jwk, rsa_key

FIRST, SECOND = rsa_key(), rsa_key("second")


def number(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


def names(*entries: Any) -> set[str]:
    return set(usable_keys({"keys": list(entries)}))


def without(name: str) -> dict[str, Any]:
    return {member: value for member, value in public_jwk(FIRST).items() if member != name}


def test_keys_are_found_by_their_id() -> None:
    """RFC 7517 §4.5: kid is used to match a specific key, as during rollover."""
    keys = usable_keys({"keys": [public_jwk(FIRST), public_jwk(SECOND)], "more": 1})
    assert keys == {key_id(FIRST): FIRST.public_key(), key_id(SECOND): SECOND.public_key()}


@pytest.mark.parametrize("name", ["use", "alg", "key_ops"])
def test_use_and_alg_of_a_key_are_optional(name: str) -> None:
    """RFC 7517 §4.2 to §4.4: use, key_ops and alg are optional."""
    assert names(without(name)) == {key_id(FIRST)}
    assert names(public_jwk(FIRST, key_ops=["verify"], x5t="x", x5c=["x"], unheard_of=1)) == {key_id(FIRST)}


@pytest.mark.parametrize(
    "members",
    [
        *({"kty": "EC"}, {"kty": "oct"}, {"kty": "rsa"}, {"kty": None}),
        *({"use": "enc"}, {"use": ""}, {"use": None}, {"use": ["sig"]}),
        *({"alg": "RS384"}, {"alg": "PS256"}, {"alg": "RSA-OAEP"}, {"alg": "HS256"}, {"alg": "none"}, {"alg": None}),
        *({"key_ops": ["encrypt"]}, {"key_ops": ["sign"]}, {"key_ops": []}, {"key_ops": "verify"}, {"key_ops": None}),
        *({"kid": ""}, {"kid": None}, {"kid": 1}, {"kid": "x" * 256}, {"kid": "a\nb"}, {"kid": ["k"]}),
        *({"n": ""}, {"n": None}, {"n": 1}, {"n": "!"}, {"n": "é"}, {"n": "A" * 10_000}, {"n": "x"}),
        *({"e": ""}, {"e": None}, {"e": 65537}, {"e": "AQ"}, {"e": "Ag"}, {"e": number(2**64 + 1)}),
    ],
    ids=repr,
)
def test_a_key_that_is_not_for_rs256_signatures_is_skipped(members: dict[str, Any]) -> None:
    """RFC 7517 §5: keys with parameters that are out of range or not supported should be ignored."""
    assert names(public_jwk(FIRST, **members), public_jwk(SECOND)) == {key_id(SECOND)}


@pytest.mark.parametrize("name", ["kty", "kid", "n", "e"])
def test_a_key_that_lacks_a_member_is_skipped(name: str) -> None:
    """RFC 7518 §6.3.1: n and e must be there; RFC 7517 §4.1: so must kty."""
    assert names(without(name)) == set()


@pytest.mark.parametrize("bits", [512, 1024, 2047])
def test_a_short_key_is_skipped(bits: int) -> None:
    """RFC 7518 §3.3: a key of 2048 bits or larger must be used with RS256."""
    assert names(public_jwk(FIRST, n=number((1 << bits) - 1))) == set()


def test_a_key_that_makes_verification_slow_is_skipped() -> None:
    """In the spirit of RFC 8725 §2.7: a document must not cause expensive work."""
    assert names(public_jwk(FIRST, n=number((1 << 8193) - 1))) == set()


@pytest.mark.parametrize("name", ["d", "p", "q", "dp", "dq", "qi", "oth"])
def test_a_key_published_with_its_private_part_is_skipped(name: str) -> None:
    """RFC 7518 §6.3.2: anybody who reads one of these members can sign."""
    assert names(public_jwk(FIRST, **{name: "AQAB"}), public_jwk(SECOND)) == {key_id(SECOND)}


def test_keys_that_share_an_id_are_skipped() -> None:
    """RFC 7517 §4.5: different keys should have distinct kid values; with equal ones, the key is ambiguous."""
    assert names(public_jwk(FIRST, kid="k"), public_jwk(SECOND, kid="k")) == set()
    assert names(public_jwk(FIRST, kid="k"), public_jwk(SECOND, kid="k", use="enc")) == {"k"}


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": "x"}, {"keys": [None, 1, "x", []]}])
def test_a_document_without_keys_gives_no_keys(document: dict[str, Any]) -> None:
    """RFC 7517 §5.1: keys is an array of JWK values."""
    assert usable_keys(document) == {}


def test_the_number_of_keys_is_bounded() -> None:
    """Our own limit: issuers publish two or three."""
    assert len(names(*(public_jwk(FIRST, kid=str(position)) for position in range(MAX_KEYS + 10)))) == MAX_KEYS
