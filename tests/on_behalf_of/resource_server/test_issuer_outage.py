"""If the issuer is down, slow or sends garbage, tokens get "we cannot tell", never "your token is bad"."""

import threading

import pytest

from on_behalf_of.resource_server import shared_fetch
from on_behalf_of.resource_server.issuer_keys import RETRY_PAUSE, UNKNOWN_BURST, IssuerKeys
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable, Reason
from tests.issuer import Issuer, key_id, rsa_key, serving_issuer
from tests.on_behalf_of.resource_server.fetched_keys import (
    FETCHING,
    FIRST,
    KEYS,
    OPENID,
    break_down,
    in_threads,
    landed,
    outcome,
)
from tests.on_behalf_of.resource_server.judging import Clock


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_fetch, "PATIENCE", 0.05)


def asked(issuer: Issuer) -> int:
    return sum(issuer.requests.values())


def test_a_cold_start_without_the_issuer_is_an_outage_until_it_is_back(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    break_down(issuer)
    with pytest.raises(KeysUnavailable) as unavailable:
        keys.key(FIRST)
    assert unavailable.value.retry_after == 1
    before = asked(issuer)
    assert in_threads(16, lambda _: outcome(keys, FIRST)) == ["unavailable"] * 16
    assert not keys.ready()
    assert asked(issuer) == before, "during the pause nobody asks"
    issuer.answers.clear()
    clock.advance(RETRY_PAUSE)
    assert outcome(keys, FIRST) == "held"
    assert keys.ready()


def test_a_refused_connection_is_an_outage(clock: Clock) -> None:
    with serving_issuer() as gone:
        pass
    keys = IssuerKeys(gone.url, FETCHING, clock=clock)
    with pytest.raises(KeysUnavailable) as unavailable:
        keys.metadata()
    assert unavailable.value.retry_after >= 1


def test_the_last_good_keys_stay_while_the_issuer_fails(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    keys.key(FIRST)
    break_down(issuer)
    for _ in range(20):
        clock.advance(601)
        assert outcome(keys, FIRST) == "held"
        landed(keys)
    assert keys.ready()
    assert keys.generation == 1


def test_a_broken_key_set_does_not_replace_a_good_one(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    keys.key(FIRST)
    for nonsense in (b'{"keys": []}', b"<html>", b"", b"null "):
        issuer.answers[KEYS] = (200, nonsense)
        clock.advance(601)
        keys.refresh_if_due()
        landed(keys)
        assert outcome(keys, FIRST) == "held"


def test_a_failed_renewal_is_retried_only_after_the_cooldown(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    keys.key(FIRST)
    break_down(issuer)
    clock.advance(601)
    for _ in range(100):
        keys.refresh_if_due()
        landed(keys)
    before = asked(issuer)
    clock.advance(FETCHING.refetch_cooldown)
    keys.refresh_if_due()
    landed(keys)
    assert asked(issuer) == before + 2, "both places of the metadata, once"


def test_an_unknown_key_during_an_outage_is_not_the_tokens_fault(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    """The key may be new; 1,000 unknown keys still cause only a few fetches."""
    keys.key(FIRST)
    break_down(issuer)
    before = asked(issuer)
    assert {outcome(keys, f"invented-{number}") for number in range(1_000)} == {"unavailable"}
    assert asked(issuer) == before + 2 * UNKNOWN_BURST  # each at both places for the metadata
    with pytest.raises(KeysUnavailable) as unavailable:
        keys.key("invented")
    assert unavailable.value.retry_after == FETCHING.refetch_cooldown
    issuer.answers.clear()
    issuer.rotate("second")
    clock.advance(FETCHING.refetch_cooldown)
    assert outcome(keys, key_id(rsa_key("second"))) == "held"
    assert outcome(keys, "invented") == Reason.UNKNOWN_KEY


@pytest.mark.usefixtures("impatient")
def test_a_hanging_issuer_blocks_no_caller_for_long(keys: IssuerKeys, issuer: Issuer) -> None:
    """The fetch continues, and later callers get its result; the first ones are told to retry."""
    issuer.is_hanging.set()
    assert in_threads(16, lambda _: outcome(keys, FIRST)) == ["unavailable"] * 16
    assert keys._fetch.flight is not None
    with pytest.raises(KeysUnavailable) as unavailable:
        keys.metadata()
    assert unavailable.value.retry_after == 1
    assert issuer.requests[OPENID] == 1


@pytest.mark.usefixtures("impatient")
def test_unknown_key_ids_while_the_issuer_hangs_block_no_caller_for_long(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    """Otherwise a few invented key ids would block every thread of a service while the issuer hangs."""
    keys.key(FIRST)
    issuer.is_hanging.set()
    assert in_threads(8, lambda number: outcome(keys, f"invented-{number}")) == ["unavailable"] * 8
    clock.advance(shared_fetch.PATIENCE)
    for number in range(100):
        assert outcome(keys, f"later-{number}") == "unavailable"
        assert outcome(keys, FIRST) == "held"
    assert issuer.requests[OPENID] == 2


def test_a_failure_reaches_all_waiters(keys: IssuerKeys, issuer: Issuer) -> None:
    issuer.is_hanging.set()
    waiting = threading.Thread(target=lambda: failures.append(outcome(keys, FIRST)))
    failures: list[str] = []
    waiting.start()
    while keys._fetch.flight is None:
        pass
    issuer.released.set()  # the server hangs up without an answer
    assert in_threads(8, lambda _: outcome(keys, FIRST)) == ["unavailable"] * 8
    waiting.join()
    assert failures == ["unavailable"]


def test_an_outage_and_its_end_are_each_logged_once(
    keys: IssuerKeys, issuer: Issuer, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    """One line for each outage, not one for each attempt."""
    break_down(issuer)
    for _ in range(5):
        assert outcome(keys, FIRST) == "unavailable"
        clock.advance(RETRY_PAUSE)
    issuer.answers.clear()
    assert outcome(keys, FIRST) == "held"
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]


def test_after_an_outage_unknown_keys_are_refused_again(keys: IssuerKeys, issuer: Issuer, clock: Clock) -> None:
    break_down(issuer)
    outcome(keys, FIRST)
    issuer.answers.clear()
    clock.advance(RETRY_PAUSE)
    with pytest.raises(InvalidToken):
        keys.key("invented")
    assert outcome(keys, FIRST) == "held"
