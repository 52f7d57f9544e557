"""Keys stay valid during an outage of the issuer, but only until `max_stale`, because one may have been withdrawn."""

import threading
import time

import pytest

from on_behalf_of.resource_server.issuer_keys import RETRY_PAUSE, IssuerKeys, KeyFetching
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable, Reason
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from tests.issuer import API_AUDIENCE, Issuer, key_id, rsa_key
from tests.on_behalf_of.resource_server.fetched_keys import (
    FIRST,
    KEYS,
    break_down,
    in_threads,
    landed,
    outcome,
)
from tests.on_behalf_of.resource_server.judging import Clock


@pytest.fixture
def fetching() -> KeyFetching:
    return KeyFetching(max_age=600, max_stale=3_000, refetch_cooldown=10, timeout=20)


@pytest.fixture
def verifier(issuer: Issuer, keys: IssuerKeys) -> TokenVerifier:
    keys.metadata()
    return TokenVerifier(TokenRules(issuer.url, API_AUDIENCE), keys)


def test_keys_are_renewed_before_their_maximum_age(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    keys.key(FIRST)
    clock.advance(481)
    assert outcome(keys, FIRST) == "held"
    landed(keys)
    clock.advance(481)
    issuer.is_hanging.set()
    assert outcome(keys, FIRST) == "held"  # and 962 seconds after the first fetch, nobody has waited
    assert issuer.requests[KEYS] == 2


def test_keys_that_cannot_be_renewed_are_used_until_max_stale_and_then_dropped(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    keys.key(FIRST)
    break_down(issuer)
    clock.advance(3_600)
    assert outcome(keys, FIRST) == "held"
    landed(keys)
    clock.advance(1)
    assert outcome(keys, FIRST) == "unavailable"
    assert not keys.ready()
    with pytest.raises(KeysUnavailable):
        keys.metadata()


def test_cached_tokens_are_dropped_at_max_stale_too(
    verifier: TokenVerifier, keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    """A key may have been withdrawn, so tokens that it verified expire with the key."""
    token = issuer.token()
    verifier.verify(token)
    break_down(issuer)
    clock.advance(3_600)
    assert verifier.verify_cached(token)
    landed(keys)
    clock.advance(1)
    assert verifier.verify_cached(token) is None
    with pytest.raises(KeysUnavailable):  # 503: nobody can tell
        verifier.verify(token)


def test_a_key_that_was_withdrawn_during_the_outage_is_gone_when_it_ends(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    token = issuer.token()
    verifier.verify(token)
    break_down(issuer)
    clock.advance(3_601)
    with pytest.raises(KeysUnavailable):
        verifier.verify(token)
    issuer.answers.clear()
    issuer.keys = [rsa_key("second")]
    clock.advance(RETRY_PAUSE)
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(token)
    assert refused.value.reason is Reason.UNKNOWN_KEY
    assert verifier.verify(issuer.token()).subject == "auth0|alice"


def test_if_the_same_keys_return_after_the_outage_cached_tokens_are_valid_again(
    verifier: TokenVerifier, keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    token = issuer.token()
    remembered = verifier.verify(token)
    clock.advance(3_601)
    assert verifier.verify_cached(token) is None
    keys.key(FIRST)
    assert verifier.verify_cached(token) is remembered


def test_keys_past_max_stale_are_fetched_once_for_all_callers(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    keys.key(FIRST)
    clock.advance(3_601)
    assert in_threads(16, lambda _: outcome(keys, FIRST)) == ["held"] * 16
    assert issuer.requests[KEYS] == 2


def test_without_a_stale_time_keys_are_dropped_at_their_maximum_age(issuer: Issuer, clock: Clock) -> None:
    keys = IssuerKeys(issuer.url, KeyFetching(max_age=600, max_stale=0, timeout=20), clock=clock)
    keys.key(FIRST)
    break_down(issuer)
    clock.advance(600)
    assert outcome(keys, FIRST) == "held"
    landed(keys)
    clock.advance(10)
    assert outcome(keys, FIRST) == "unavailable"


def test_an_idle_process_also_drops_a_withdrawn_key(issuer: Issuer) -> None:
    keys, stop = IssuerKeys(issuer.url, KeyFetching(max_age=0.1, timeout=20)), threading.Event()
    keys.keep_fresh(stop)
    deadline = time.monotonic() + 20
    while not keys.are_held():
        assert time.monotonic() < deadline
    issuer.keys = [rsa_key("second")]
    while keys.generation < 2:  # and nobody asks for anything
        assert time.monotonic() < deadline
        time.sleep(0.02)
    stop.set()
    assert set(keys._held.keys if keys._held else {}) == {key_id(rsa_key("second"))}
