"""Any input gives a verified token or a typed refusal that does not repeat the input."""

import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.actor import MAX_ACTORS, parse_actor
from on_behalf_of.resource_server.authorization_header import read_bearer_token
from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.issuer_metadata import IssuerMetadataInvalid, discover
from on_behalf_of.resource_server.json_web_key_set import usable_keys
from on_behalf_of.resource_server.refusals import (
    DESCRIPTIONS,
    BearerTokenError,
    InsufficientScope,
    InvalidToken,
    KeysUnavailable,
)
from on_behalf_of.resource_server.token_rules import TokenRules, _decoded
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from tests.issuer import API_AUDIENCE, Issuer, key_id, public_jwk, rsa_key, serving_issuer
from tests.on_behalf_of.primitives.test_strict_json import JSON
from tests.on_behalf_of.resource_server.judging import GOOD_HEADER, ISSUER, encoded, verified

METADATA = "https://api.example/.well-known/oauth-protected-resource"
OPENID, KEYS = "/.well-known/openid-configuration", "/.well-known/jwks.json"
PARAMETER = r'[a-z_]+="[ !#-\[\]-~]*"'
KEY = ISSUER.keys[0]
GOOD_TOKEN = ISSUER.token(act={"sub": "a", "act": {"sub": "b"}}, exp=2_000_000_000)  # however long the tests take

any_text = st.text(st.characters(codec=None, exclude_categories=()))  # lone surrogates too
good_claims = st.sampled_from([ISSUER.claims(), ISSUER.auth0_claims(), ISSUER.claims(act={"sub": "a"})])
ALWAYS_READ = ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "client_id", "azp", "scope", "permissions", "act"]
claim_names = st.sampled_from([*ALWAYS_READ, "org_id", "sub_profile", "client_profile", "cnf", "nonce", "gty"])
headers = st.fixed_dictionaries(
    {},
    optional={
        name: JSON | st.just(good)
        for name, good in (GOOD_HEADER | {"crit": ["x"], "b64": False, "jwk": {}, "jku": "x"}).items()
    },
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture(scope="module")
def verifier(issuer: Issuer) -> TokenVerifier:
    return TokenVerifier(TokenRules(issuer.url, API_AUDIENCE), IssuerKeys(issuer.url, KeyFetching()))


def judge(token: str) -> AccessToken | None:
    """Verify a token. A refusal must be of our types, with one of our sentences in a valid challenge."""
    try:
        return verified(token)
    except InvalidToken as error:
        tell(error)
        return None


def tell(error: BearerTokenError) -> None:
    sentence = re.escape(DESCRIPTIONS[error.reason])
    assert re.fullmatch(rf"{sentence}( \([a-z_]+\)\.)?", error.description), error.description
    value = challenge(error, resource_metadata=METADATA)
    assert re.fullmatch(rf"Bearer {PARAMETER}(, {PARAMETER})*", value)


@given(st.lists(any_text | any_text.map("Bearer {}".format) | st.just(f"Bearer {GOOD_TOKEN}"), max_size=3))
def test_any_header_values_give_a_token_or_a_refusal(values: list[str]) -> None:
    try:
        token = read_bearer_token(values)
    except BearerTokenError as error:
        tell(error)
        return
    assert re.fullmatch(r"[A-Za-z0-9._~+/-]+=*", token)
    judge(token)


@given(any_text | st.binary().map(lambda data: data.decode("latin-1")))
@example("\ud800")
@example("." * 16_384)
@example("A" * 16_384 + ".A.A")
@example(".".join("A" * 5_000 for _ in range(3)))
def test_any_text_is_refused_as_a_token(verifier: TokenVerifier, text: str) -> None:
    assert judge(text) is None
    with suppress(InvalidToken):
        assert verifier.verify(text) is None
    assert verifier.verify_cached(text) is None


@given(st.lists(st.binary().map(encoded) | JSON.map(encoded), min_size=1, max_size=6))
def test_any_segments_are_refused_as_a_token(segments: list[str]) -> None:
    assert judge(".".join(segments)) is None


@given(headers, good_claims)
def test_any_signed_header_gives_a_token_or_a_refusal(header: Any, claims: Any) -> None:
    judge(ISSUER.sign_raw(header, claims, KEY))


@given(st.binary() | JSON | any_text.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_signed_payload_that_is_not_claims_is_refused(payload: Any) -> None:
    assert judge(ISSUER.sign_raw(GOOD_HEADER, payload, KEY)) is None


@given(good_claims, st.dictionaries(claim_names, JSON, max_size=3), st.sampled_from(["at+jwt", "JWT"]))
def test_any_signed_claims_give_a_token_or_a_refusal(claims: Any, changes: Any, typ: str) -> None:
    """A verified token can be used without further checks."""
    token = judge(ISSUER.sign_raw(GOOD_HEADER | {"typ": typ}, claims | changes, KEY))
    if token is None:
        return
    now = time.time()
    assert token.issuer == ISSUER.url
    assert API_AUDIENCE in token.audience
    assert token.issued_at <= now + 30
    assert now < token.expires_at + 30
    time.gmtime(token.expires_at)
    for name in (token.subject, token.client_id, token.jwt_id or "x", token.organization or "x"):
        assert 0 < len(name) <= 255
        name.encode("utf-8")
    assert token.actor is None or len(token.actor.chain()) <= MAX_ACTORS


acts = st.recursive(
    JSON,
    lambda inner: st.fixed_dictionaries(
        {"sub": st.just("a") | JSON},
        optional={"act": inner, "client_id": JSON, "iss": JSON, "sub_profile": JSON, "client_profile": JSON},
    ),
    max_leaves=8,
)


@given(acts)
def test_any_act_claim_gives_a_chain_or_a_refusal(act: Any) -> None:
    try:
        actor = parse_actor(act)
    except InvalidToken as error:
        tell(error)
        return
    assert 1 <= len(actor.chain()) <= MAX_ACTORS


@given(st.integers(0, len(GOOD_TOKEN) - 1), st.sampled_from("AZaz09-_.=+/ é\x00"))
def test_a_token_altered_in_any_character_is_refused(position: int, character: str) -> None:
    """RFC 7515 §5.2: the signature covers header and payload, and has one spelling only."""
    altered = GOOD_TOKEN[:position] + character + GOOD_TOKEN[position + 1 :]
    assert (judge(altered) is not None) == (altered == GOOD_TOKEN)


@given(st.integers(0, len(GOOD_TOKEN) - 1), st.integers(1, 5))
def test_a_token_with_missing_characters_is_refused(position: int, count: int) -> None:
    """RFC 7515 §5.2."""
    assert judge(GOOD_TOKEN[:position] + GOOD_TOKEN[position + count :]) is None


def test_every_wrong_last_character_is_refused() -> None:
    """RFC 4648 §3.5: the last one holds bits that decoders drop."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [last for last in alphabet if judge(GOOD_TOKEN[:-1] + last)]
    assert accepted == [GOOD_TOKEN[-1]]


members = st.dictionaries(
    st.sampled_from(["kty", "kid", "use", "alg", "key_ops", "n", "e", "d", "x5c"]), JSON | st.text("AQab-_"), max_size=2
)
entries = JSON | st.builds(lambda changes: public_jwk(rsa_key()) | changes, members)


@given(
    st.dictionaries(st.text(), JSON, max_size=2) | st.fixed_dictionaries({"keys": st.lists(entries, max_size=4) | JSON})
)
def test_any_key_set_gives_usable_keys_or_none(document: Any) -> None:
    """Each key either verifies or refuses, and never fails in another way."""
    for name, key in usable_keys(document).items():
        assert 0 < len(name) <= 255
        assert 2048 <= key.key_size <= 8192


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()) | st.lists(entries, max_size=3))
def test_any_key_set_over_http_gives_keys_or_an_outage(issuer: Issuer, document: Any) -> None:
    """Either an outage, or keys that include the good one: a bad document never makes a token bad."""
    body = document if isinstance(document, bytes) else json.dumps({"keys": document}).encode()
    issuer.answers[KEYS] = (200, body)
    try:
        with suppress(KeysUnavailable, InvalidToken):
            IssuerKeys(issuer.url, KeyFetching(timeout=5)).key(key_id(KEY))
    finally:
        issuer.answers.clear()


urls = any_text | any_text.map("https://{}".format) | any_text.map("https://keys.example/{}".format)
documents = st.fixed_dictionaries(
    {}, optional={name: JSON | urls | st.just("") for name in ("issuer", "jwks_uri", "token_endpoint")}
)


@given(st.binary() | JSON | documents, st.booleans())
def test_any_metadata_is_valid_or_is_refused(issuer: Issuer, document: Any, names_issuer: bool) -> None:
    if isinstance(document, dict) and names_issuer:
        document |= {"issuer": issuer.url}
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    issuer.answers[OPENID] = (200, body)
    try:
        found = discover(issuer.url, UpstreamHttp(timeout=5), deadline=5)
    except IssuerMetadataInvalid as error:
        told = str(error)
        assert told.isascii()
    else:
        assert found.issuer == issuer.url
        assert all(re.fullmatch(r"https?://[!-~]+", url) for url in (found.jwks_uri, found.token_endpoint))
    finally:
        issuer.answers.clear()


@given(any_text, any_text, st.lists(any_text))
def test_any_challenge_is_a_valid_header_value(claim: str, resource_metadata: str, scopes: list[str]) -> None:
    """RFC 9110 §11.2: auth-params, quoted, in printable ASCII."""
    for error in (InvalidToken(next(iter(DESCRIPTIONS)), claim=claim), InsufficientScope(scopes)):
        value = challenge(error, resource_metadata=resource_metadata, scope=scopes)
        assert re.fullmatch(rf"Bearer {PARAMETER}(, {PARAMETER})*", value)


@given(st.binary(min_size=1, max_size=40), st.integers(0, 63))
def test_bytes_have_only_one_spelling(data: bytes, last: int) -> None:
    """RFC 4648 §3.5: unused bits are zero. Another spelling of a token would have another digest."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelled = base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    assert _decoded(spelled) == data
    other = spelled[:-1] + alphabet[last]
    meant = base64.urlsafe_b64decode(other + "=" * (-len(other) % 4))
    if base64.urlsafe_b64encode(meant).rstrip(b"=").decode() == other:
        assert _decoded(other) == meant
    else:
        with pytest.raises(InvalidToken):
            _decoded(other)


@pytest.mark.parametrize("length", [1, 5, 9])
def test_a_number_of_characters_that_base64_does_not_have_is_refused(length: int) -> None:
    with pytest.raises(InvalidToken):
        _decoded("A" * length)
