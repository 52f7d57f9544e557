"""The issuer's keys: fetched when needed, renewed in the background, and no means to flood the issuer."""

import json
import threading

import pytest

from on_behalf_of.resource_server import issuer_keys
from on_behalf_of.resource_server.issuer_keys import UNKNOWN_BURST, IssuerKeys
from on_behalf_of.resource_server.refusals import InvalidToken, Reason
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from tests.issuer import API_AUDIENCE, Issuer, key_id, public_jwk, rsa_key
from tests.on_behalf_of.resource_server.fetched_keys import (
    FETCHING,
    FIRST,
    KEYS,
    in_threads,
    landed,
    outcome,
)
from tests.on_behalf_of.resource_server.judging import Clock


def test_a_key_is_fetched_once_and_kept(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    for _ in range(100):
        assert keys.key(FIRST) == rsa_key().public_key()
        clock.advance(4)
    assert keys.metadata().token_endpoint == f"{issuer.url}oauth/token"
    assert issuer.requests[KEYS] == 1


def test_threads_that_find_no_keys_share_one_fetch(keys: IssuerKeys, issuer: Issuer) -> None:
    assert in_threads(16, lambda _: outcome(keys, FIRST)) == ["held"] * 16
    assert issuer.requests[KEYS] == 1


def test_a_new_key_is_accepted_at_once(keys: IssuerKeys, issuer: Issuer) -> None:
    """RFC 7517 §4.5: rollover; the first token with the new key id causes the fetch."""
    keys.key(FIRST)
    issuer.rotate("second")
    assert outcome(keys, key_id(rsa_key("second"))) == "held"
    assert outcome(keys, FIRST) == "held"
    assert issuer.requests[KEYS] == 2


def test_a_thousand_invented_key_ids_cause_two_fetches(keys: IssuerKeys, issuer: Issuer) -> None:
    keys.key(FIRST)
    assert {outcome(keys, f"invented-{number}") for number in range(1_000)} == {Reason.UNKNOWN_KEY}
    assert issuer.requests[KEYS] == 1 + UNKNOWN_BURST


def test_a_thousand_invented_key_ids_from_16_threads_cause_two_fetches(keys: IssuerKeys, issuer: Issuer) -> None:
    keys.key(FIRST)
    found = in_threads(16, lambda thread: {outcome(keys, f"{thread}-{number}") for number in range(63)})
    # Those who came while a fetch was under way, and would have waited too long, are told to try again.
    assert set().union(*found) <= {Reason.UNKNOWN_KEY, "unavailable"}
    assert issuer.requests[KEYS] == 1 + UNKNOWN_BURST


def test_invented_key_ids_without_any_keys_cause_no_more_fetches(issuer: Issuer, clock: Clock) -> None:
    """A process that has just started cannot be used to flood the issuer either."""
    keys = IssuerKeys(issuer.url, FETCHING, clock=clock)
    in_threads(16, lambda thread: [outcome(keys, f"{thread}-{number}") for number in range(63)])
    assert issuer.requests[KEYS] <= 1 + UNKNOWN_BURST


def test_an_unknown_key_id_does_not_block_a_rotation(keys: IssuerKeys, issuer: Issuer) -> None:
    keys.key(FIRST)
    assert outcome(keys, "stray") == Reason.UNKNOWN_KEY
    issuer.rotate("second")
    assert outcome(keys, key_id(rsa_key("second"))) == "held"


def test_only_a_few_callers_wait_for_a_hanging_issuer(keys: IssuerKeys, issuer: Issuer) -> None:
    """All wait for the same fetch, which never ends; callers beyond the limit return while the others still wait."""
    keys.key(FIRST)
    issuer.is_hanging.set()
    outcomes = in_threads(8, lambda thread: (outcome(keys, f"invented-{thread}"), keys._fetch._waiting._value))
    assert [found for found, _ in outcomes] == ["unavailable"] * 8
    assert 0 in [patient_left for _, patient_left in outcomes]


def test_after_the_cooldown_an_unknown_key_id_causes_a_fetch_again(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    keys.key(FIRST)
    for number in range(UNKNOWN_BURST):
        assert outcome(keys, f"invented-{number}") == Reason.UNKNOWN_KEY
    issuer.rotate("second")
    name = key_id(rsa_key("second"))
    clock.advance(9)
    assert outcome(keys, name) == Reason.UNKNOWN_KEY
    clock.advance(1)
    assert outcome(keys, name) == "held"
    assert issuer.requests[KEYS] == 2 + UNKNOWN_BURST


def test_keys_past_their_age_are_renewed_in_the_background(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    """The issuer hangs, and a known key is still returned: if this waited, the test would not end."""
    keys.key(FIRST)
    clock.advance(601)
    issuer.is_hanging.set()
    assert in_threads(16, lambda _: [outcome(keys, FIRST) for _ in range(20)]) == [["held"] * 20] * 16
    assert keys._fetch.flight is not None
    assert keys.metadata().issuer == issuer.url
    assert keys.ready()


def test_renewed_keys_replace_the_old_ones(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    keys.key(FIRST)
    issuer.keys = [rsa_key("second")]
    clock.advance(480)
    keys.refresh_if_due()
    assert keys._fetch.flight is None, "there is time"
    clock.advance(1)
    keys.refresh_if_due()
    landed(keys)
    assert outcome(keys, key_id(rsa_key("second"))) == "held"
    assert outcome(keys, FIRST) == Reason.UNKNOWN_KEY
    assert keys.generation == 2


def test_a_withdrawn_key_invalidates_cached_tokens(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    verifier = TokenVerifier(TokenRules(issuer.url, API_AUDIENCE), keys)
    keys.metadata()
    token = issuer.token()
    assert verifier.verify(token) is verifier.verify(token)
    issuer.keys = [rsa_key("second")]
    clock.advance(601)
    assert verifier.verify_cached(token), "the old keys serve until the new ones are there"
    landed(keys)
    assert verifier.verify_cached(token) is None
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(token)
    assert refused.value.reason is Reason.UNKNOWN_KEY


def test_a_key_replaced_under_the_same_id_invalidates_cached_tokens(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    verifier = TokenVerifier(TokenRules(issuer.url, API_AUDIENCE), keys)
    keys.metadata()
    token = issuer.token()
    verifier.verify(token)
    issuer.answers[KEYS] = (200, json.dumps({"keys": [public_jwk(rsa_key("second"), kid=FIRST)]}).encode())
    clock.advance(601)
    keys.refresh_if_due()
    landed(keys)
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(token)
    assert refused.value.reason is Reason.SIGNATURE


def test_fetching_the_same_keys_again_keeps_cached_tokens(keys: IssuerKeys, clock: Clock) -> None:
    keys.key(FIRST)
    clock.advance(601)
    keys.refresh_if_due()
    landed(keys)
    assert keys.generation == 1


def test_a_changed_jwks_uri_is_followed(keys: IssuerKeys, issuer: Issuer) -> None:
    """RFC 8414 §2: the metadata says where the keys are, each time they are fetched."""
    keys.key(FIRST)
    moved = {"issuer": issuer.url, "jwks_uri": f"{issuer.url}moved", "token_endpoint": f"{issuer.url}oauth/token"}
    issuer.answers["/.well-known/openid-configuration"] = (200, json.dumps(moved).encode())
    issuer.answers[KEYS] = (200, json.dumps(issuer.documents()[KEYS]).encode())  # what is left there grows old
    issuer.rotate("second")
    issuer.answers["/moved"] = (200, json.dumps(issuer.documents()[KEYS]).encode())
    assert outcome(keys, key_id(rsa_key("second"))) == "held"


def test_readiness_starts_a_fetch_without_waiting(keys: IssuerKeys) -> None:
    assert not keys.ready()
    landed(keys)
    assert keys.ready()


def test_running_out_of_threads_is_an_outage(keys: IssuerKeys, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system may refuse a thread at any time."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as exhausted:
        exhausted.setattr(threading.Thread, "start", refuse)
        assert outcome(keys, FIRST) == "unavailable"
    clock.advance(issuer_keys.RETRY_PAUSE)
    assert outcome(keys, FIRST) == "held"
