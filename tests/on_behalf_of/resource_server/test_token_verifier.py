"""Verified tokens are cached while they are valid."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from on_behalf_of.resource_server import token_verifier
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.refusals import InvalidToken, Reason
from on_behalf_of.resource_server.token_rules import MAX_TOKEN_LENGTH, TokenRules
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, Issuer, serving_issuer
from tests.on_behalf_of.resource_server.judging import ISSUER, Clock, verified

NOW = 1_800_000_000


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> TokenVerifier:
    keys = IssuerKeys(issuer.url, KeyFetching(timeout=5))
    keys.metadata()  # they are there; what is verified while they change is not remembered
    issuer.requests.clear()
    return TokenVerifier(TokenRules(issuer.url, API_AUDIENCE, leeway=10), keys, clock=clock)


def token(issuer: Issuer, **changes: Any) -> str:
    return issuer.token(**({"iat": NOW, "exp": NOW + 300} | changes))


def test_a_token_is_verified_once_and_cached(verifier: TokenVerifier, issuer: Issuer) -> None:
    text = token(issuer)
    assert verifier.verify_cached(text) is None
    first = verifier.verify(text)
    assert verifier.verify(text) is first
    assert verifier.verify_cached(text) is first


def test_another_token_of_the_same_user_is_verified_separately(verifier: TokenVerifier, issuer: Issuer) -> None:
    texts = [token(issuer, sub=f"user-{number}") for number in range(50)]
    for _ in range(2):
        assert [verifier.verify(text).subject for text in texts] == [f"user-{number}" for number in range(50)]


def test_remembered_tokens_share_what_is_the_same_in_them(verifier: TokenVerifier, issuer: Issuer) -> None:
    """Ten thousand of them take half as much memory."""
    act = {"sub": "bridge", "client_id": "bridge", "act": {"sub": "inspector"}}
    first, second = (
        verifier.verify(token(issuer, sub=subject, act=act, scope="read:private write:private"))
        for subject in ("alice", "bob")
    )
    assert first.actor is second.actor
    for name in ("issuer", "client_id", "audience", "scopes"):
        assert getattr(first, name) is getattr(second, name), name


def test_a_cached_token_still_expires(verifier: TokenVerifier, issuer: Issuer, clock: Clock) -> None:
    """RFC 9068 §4: the current time must be before exp, with some leeway, at each use."""
    text = token(issuer)
    verifier.verify(text)
    clock.now = NOW + 309
    assert verifier.verify_cached(text)
    clock.now = NOW + 310
    assert verifier.verify_cached(text) is None
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(text)
    assert refused.value.reason is Reason.EXPIRED


def test_expired_tokens_are_removed_even_if_they_are_never_presented_again(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    for _ in range(20):
        verifier.verify(token(issuer))
    lasting = token(issuer, exp=NOW + 600)
    verifier.verify(lasting)
    clock.now = NOW + 310
    verifier.verify(token(issuer, exp=NOW + 600))
    assert len(verifier._remembered) == 2
    assert verifier.verify_cached(lasting)


@pytest.mark.parametrize("times", [{"iat": NOW}, {"iat": NOW - 100, "nbf": NOW}])
def test_if_the_clock_is_set_back_a_cached_token_is_not_valid_yet(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock, times: dict[str, int]
) -> None:
    """RFC 7519 §4.1.5: nbf holds at each use."""
    text = token(issuer, **times)
    verifier.verify(text)
    clock.now = NOW - 10
    assert verifier.verify_cached(text)
    clock.now = NOW - 11
    assert verifier.verify_cached(text) is None
    with pytest.raises(InvalidToken) as refused:
        verifier.verify(text)
    assert refused.value.reason is Reason.NOT_YET_VALID


def test_refusals_are_not_cached(verifier: TokenVerifier, issuer: Issuer, clock: Clock) -> None:
    """A token that is not valid yet will be."""
    text = token(issuer, iat=NOW + 100)
    with pytest.raises(InvalidToken):
        verifier.verify(text)
    clock.advance(100)
    assert verifier.verify(text).subject


def test_verifiers_for_different_resources_have_separate_caches(verifier: TokenVerifier, issuer: Issuer) -> None:
    """RFC 9068 §4: aud must name this resource, whatever another one found."""
    other = TokenVerifier(TokenRules(issuer.url, BRIDGE_AUDIENCE), verifier.keys, clock=Clock(NOW))
    text = token(issuer)
    verifier.verify(text)
    with pytest.raises(InvalidToken) as refused:
        other.verify(text)
    assert refused.value.reason is Reason.AUDIENCE


def test_the_cache_is_bounded_and_evicts_unused_tokens_first(
    verifier: TokenVerifier, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_verifier, "MAX_REMEMBERED", 3)
    verifier = TokenVerifier(verifier.rules, verifier.keys, clock=Clock(NOW))
    first, second, third, fourth = (token(issuer) for _ in range(4))
    for text in (first, second, third, first, fourth):
        verifier.verify(text)
    assert [verifier.verify_cached(text) is not None for text in (first, second, third, fourth)] == [
        *(True, False, True, True)
    ]


@pytest.mark.parametrize("text", ["", "é", "\ud800", "\x00", "x" * (MAX_TOKEN_LENGTH + 1), "a.b.c"])
def test_malformed_tokens_are_refused_without_asking_the_issuer(
    verifier: TokenVerifier, issuer: Issuer, text: str
) -> None:
    assert verifier.verify_cached(text) is None
    with pytest.raises(InvalidToken):
        verifier.verify(text)
    assert not issuer.requests


def test_parallel_threads_see_only_their_own_tokens(verifier: TokenVerifier, issuer: Issuer) -> None:
    texts = {f"user-{number}": token(issuer, sub=f"user-{number}") for number in range(16)}
    barrier = threading.Barrier(16)
    seen: list[tuple[str, str]] = []

    def use(name: str) -> None:
        barrier.wait()
        seen.extend((name, verifier.verify(texts[name]).subject) for _ in range(50))

    in_threads(use, texts)
    assert len(seen) == 16 * 50
    assert all(name == subject for name, subject in seen)


def in_threads(use: Callable[[str], None], names: Any) -> None:
    threads = [threading.Thread(target=use, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_only_the_verifier_can_create_an_access_token() -> None:
    """An AccessToken is always a verified one."""
    genuine = verified(ISSUER.token())
    members = {field.name: getattr(genuine, field.name) for field in dataclasses.fields(genuine)}
    with pytest.raises(TypeError):
        AccessToken(**members)
    for proof in (None, True, object(), "verified"):
        with pytest.raises(TypeError):
            AccessToken(**members, verified=proof)
    with pytest.raises((TypeError, ValueError)):
        dataclasses.replace(genuine, subject="admin")  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        dataclasses.replace(genuine, subject="admin", verified=object())
    with pytest.raises(dataclasses.FrozenInstanceError):
        genuine.subject = "admin"  # type: ignore[misc]
