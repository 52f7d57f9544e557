"""RFC 8725: the known attacks on JWT verification."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from on_behalf_of.resource_server.refusals import InvalidToken, Reason
from on_behalf_of.resource_server.token_rules import MAX_TOKEN_LENGTH, verify_access_token
from tests.issuer import Issuer, key_id, public_jwk, rsa_key, serving_issuer
from tests.on_behalf_of.resource_server.judging import (
    GOOD_HEADER,
    ISSUER,
    RULES,
    PublishedKeys,
    encoded,
    header_refusal,
    refusal,
    verified,
)

KEY = ISSUER.keys[0]


@pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384"])
def test_only_rs256_is_accepted_even_from_the_right_key(algorithm: str) -> None:
    """RFC 8725 §3.1: the caller states the algorithms, and no others are used."""
    assert refusal(ISSUER.sign(ISSUER.claims(), algorithm=algorithm)) is Reason.ALGORITHM


def test_an_elliptic_curve_token_is_refused() -> None:
    """RFC 8725 §3.1: each key must be used with exactly one algorithm."""
    key = ec.generate_private_key(ec.SECP256R1())
    assert refusal(ISSUER.sign(ISSUER.claims(), key=key, algorithm="ES256", kid=key_id(KEY))) is Reason.ALGORITHM


@pytest.mark.parametrize("form", [serialization.Encoding.PEM, serialization.Encoding.DER])
def test_the_public_key_is_not_accepted_as_a_shared_secret(form: serialization.Encoding) -> None:
    """RFC 8725 §2.1: an RS256 key used as HS256 secret would let anybody sign."""
    secret = KEY.public_key().public_bytes(form, serialization.PublicFormat.SubjectPublicKeyInfo)
    unsigned = f"{encoded(GOOD_HEADER | {'alg': 'HS256'})}.{encoded(ISSUER.claims())}"
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(unsigned.encode(), secret)
    assert refusal(f"{unsigned}.{encoded(mac)}") is Reason.ALGORITHM


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "rs256", "RS256 ", "HS256", "ES256"])
def test_a_header_that_names_another_algorithm_is_refused(algorithm: str) -> None:
    """RFC 8725 §3.2: "none" is not accepted in any spelling."""
    assert header_refusal(alg=algorithm) is Reason.ALGORITHM


@pytest.mark.parametrize("algorithm", [["RS256"], {"RS256": 1}, 1, True])
def test_an_algorithm_that_is_not_a_string_is_refused(algorithm: Any) -> None:
    """RFC 7515 §4.1.1: alg is a string; §4.1.1: it must be present."""
    assert header_refusal(alg=algorithm) is Reason.ALGORITHM
    assert header_refusal(alg=None) is Reason.ALGORITHM


def test_an_unsigned_token_is_refused() -> None:
    """RFC 8725 §3.2; RFC 7518 §3.6: the signature of an unsecured JWS is the empty string."""
    unsigned = f"{encoded(GOOD_HEADER | {'alg': 'none'})}.{encoded(ISSUER.claims())}"
    assert refusal(f"{unsigned}.") is Reason.NOT_A_JWT
    assert refusal(unsigned) is Reason.NOT_A_JWT
    assert refusal(f"{unsigned}.AAAA") is Reason.ALGORITHM


@pytest.mark.parametrize("signature", ["AAAA", "A" * 342 + "A", encoded(b"\x00" * 256), encoded(b"\xff" * 256)])
def test_every_signature_is_checked(signature: str) -> None:
    """RFC 8725 §3.3: all cryptographic operations must be validated, and the whole token rejected if one fails."""
    assert refusal(ISSUER.token().rpartition(".")[0] + "." + signature) in {Reason.SIGNATURE, Reason.NOT_A_JWT}


def test_the_signature_covers_header_and_payload() -> None:
    """RFC 8725 §3.3."""
    header, _, signature = ISSUER.token().split(".")
    assert refusal(f"{header}.{encoded(ISSUER.claims(sub='admin'))}.{signature}") is Reason.SIGNATURE
    _, payload, signature = ISSUER.token().split(".")
    assert refusal(f"{encoded(GOOD_HEADER | {'x': 1})}.{payload}.{signature}") is Reason.SIGNATURE


def test_keys_that_the_token_brings_or_points_to_are_never_used() -> None:
    """RFC 8725 §3.10: jku and x5u are not followed; RFC 7515 §4.1.3: neither is a key in the header trusted."""
    attacker = rsa_key("attacker")
    with serving_issuer() as server:
        server.keys = [attacker]
        keys, certificates = f"{server.url}.well-known/jwks.json", f"{server.url}certificate.pem"
        for header in (
            {"jku": keys},
            {"x5u": certificates},
            {"jwk": public_jwk(attacker)},
            {"x5c": ["MIIB"]},
            {"jku": keys, "x5u": certificates, "jwk": public_jwk(attacker), "x5c": ["MIIB"], "x5t#S256": "AAAA"},
        ):
            for name in (key_id(attacker), keys, f"../../{keys}"):
                token = ISSUER.sign(ISSUER.claims(), key=attacker, kid=name, **header)
                assert refusal(token) is Reason.UNKNOWN_KEY
            token = ISSUER.sign(ISSUER.claims(), key=attacker, kid=key_id(KEY), **header)
            assert refusal(token) is Reason.SIGNATURE
            # Signed by the issuer, they are members like any other that is not known.
            assert verified(ISSUER.sign(ISSUER.claims(), **header)).subject
        assert not server.requests


@pytest.mark.parametrize("name", ["", "x" * 256, "a\nb", "a\x00b", "\u2028", 1, True, ["a"], {"a": 1}, 1.5])
def test_a_malformed_key_id_is_refused(name: Any) -> None:
    """RFC 8725 §3.10: kid is controlled by the sender; RFC 7515 §4.1.4: it must be a string."""
    assert header_refusal(kid=name) is Reason.NO_KEY_ID


def test_a_token_without_key_id_is_refused() -> None:
    """Trying every key would let garbage cause work, and issuers name their keys."""
    assert header_refusal(kid=None) is Reason.NO_KEY_ID


@pytest.mark.parametrize("header", [{"crit": ["exp"]}, {"crit": []}, {"crit": None}, {"crit": ["b64"], "b64": False}])
def test_critical_extensions_are_refused(header: dict[str, Any]) -> None:
    """RFC 7515 §4.1.11: a JWS with an extension that is not understood and processed is invalid."""
    assert refusal(ISSUER.sign_raw(GOOD_HEADER | header, ISSUER.claims(), KEY)) is Reason.CRITICAL_HEADER


@pytest.mark.parametrize("value", [True, False, None])
def test_unencoded_payloads_are_refused(value: Any) -> None:
    """RFC 7797 §3: b64 changes what is signed; RFC 7797 §7: it must not be used in JWTs."""
    header = GOOD_HEADER | {"b64": value}
    assert refusal(ISSUER.sign_raw(header, ISSUER.claims(), KEY)) is Reason.CRITICAL_HEADER


def test_an_id_token_is_not_an_access_token() -> None:
    """RFC 8725 §2.8 and §3.12: different kinds of JWT of one issuer have rules that exclude each other."""
    id_token = ISSUER.sign(ISSUER.claims(nonce="n", azp="inspector"), typ="JWT")
    assert refusal(id_token) is Reason.ID_TOKEN


def test_a_token_for_another_audience_is_refused() -> None:
    """RFC 8725 §3.8 and §3.9: issuer and audience must be validated."""
    other = Issuer("https://other.example/")
    assert refusal(other.token()) is Reason.ISSUER
    assert refusal(ISSUER.token(aud="https://other.example/")) is Reason.AUDIENCE


def test_a_bound_token_does_not_pass_as_a_bearer_token() -> None:
    """RFC 7800 §3: a recipient that does not prove possession must not accept the token as if it had."""
    for confirmation in ({"jkt": "x"}, {"x5t#S256": "x"}, {}, None, "x"):
        claims = ISSUER.claims() | {"cnf": confirmation}
        assert refusal(ISSUER.sign(claims)) is Reason.BOUND_TOKEN
        assert refusal(ISSUER.sign(ISSUER.auth0_claims() | {"cnf": confirmation}, typ="JWT")) is Reason.BOUND_TOKEN


def test_a_repeated_member_is_refused() -> None:
    """RFC 8725 §2.6: different readers would take different ones of them."""
    for first, second in (('"sub"', '"sub"'), ('"sub"', '"\\u0073ub"')):
        payload = json.dumps(ISSUER.claims()).replace('"sub"', f'{first}: "admin", {second}').encode()
        assert refusal(ISSUER.sign_raw(GOOD_HEADER, payload, KEY)) is Reason.MALFORMED_CLAIMS
    nested = json.dumps(ISSUER.claims(act=0)).replace('"act": 0', '"act": {"sub": "a", "sub": "b"}').encode()
    assert refusal(ISSUER.sign_raw(GOOD_HEADER, nested, KEY)) is Reason.MALFORMED_CLAIMS
    header = json.dumps(GOOD_HEADER).replace('"alg"', '"alg": "none", "alg"').encode()
    assert refusal(ISSUER.sign_raw(header, ISSUER.claims(), KEY)) is Reason.NOT_A_JWT


@pytest.mark.parametrize("part", [b"", b"[]", b"null", b'"x"', b"{", b"{}{}", b"\xff", b"\xef\xbb\xbf{}", b"[" * 9000])
def test_parts_that_are_not_json_objects_are_refused(part: bytes) -> None:
    """RFC 7519 §7.2: header and claims are completely valid JSON objects; RFC 8725 §3.7: in UTF-8."""
    assert refusal(ISSUER.sign_raw(part, ISSUER.claims(), KEY)) is Reason.NOT_A_JWT
    assert refusal(ISSUER.sign_raw(GOOD_HEADER, part, KEY)) in {Reason.MALFORMED_CLAIMS, Reason.NOT_A_JWT}


@pytest.mark.parametrize("payload", [b'{"sub": "\\ud800"}', b'{"\\udfff": 1}', b'{"a": {"b": ["\\ud83d"]}}'])
def test_lone_surrogates_are_refused_everywhere(payload: bytes) -> None:
    """RFC 8259 §8.2: software that meets them behaves unpredictably; no log or database could hold them."""
    assert refusal(ISSUER.sign_raw(GOOD_HEADER, payload, KEY)) is Reason.MALFORMED_CLAIMS


@pytest.mark.parametrize(
    "change",
    [
        *("{} ", " {}", "{}\n", "{}=", "{}==", "{}.", ".{}", "{}.x", "{},x", "Bearer {}", "{}\x00", "{}é", "{}\ud800"),
        *("", ".", "..", "a.b", "a.b.c", "a.b.c.d", "{}" * 2),
    ],
)
def test_text_that_is_not_three_segments_of_base64url_is_refused(change: str) -> None:
    """RFC 7515 §7.1: three base64url segments between periods; §2: without padding, white space or anything else."""
    assert refusal(change.format(*[ISSUER.token()] * 2)) is Reason.NOT_A_JWT


def test_a_signature_has_only_one_spelling() -> None:
    """RFC 4648 §3.5: the bits that a last character leaves over must be zero; else one token has several digests."""
    token = ISSUER.token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [token[:-1] + alphabet[alphabet.index(token[-1]) + bits] for bits in range(1, 16)]
    assert {refusal(other) for other in others} == {Reason.NOT_A_JWT}


def test_a_token_over_16_kb_is_refused_before_it_is_parsed() -> None:
    """RFC 8725 §2.7 and §3.6 want work for strangers limited: no segment is decoded, no key looked up."""
    claims = ISSUER.claims(padding="")
    room = MAX_TOKEN_LENGTH - len(ISSUER.sign(claims))
    token = ISSUER.sign(claims | {"padding": "x" * (room * 3 // 4 - 1)})
    assert MAX_TOKEN_LENGTH - 4 <= len(token) <= MAX_TOKEN_LENGTH
    assert verified(token).subject
    keys = PublishedKeys(ISSUER)
    with pytest.raises(InvalidToken) as refused:
        verify_access_token(token + "x" * (MAX_TOKEN_LENGTH + 1 - len(token)), rules=RULES, keys=keys, now=0)
    assert refused.value.reason is Reason.TOKEN_TOO_LONG
    assert keys.asked_for == []
