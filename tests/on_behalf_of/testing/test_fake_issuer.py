"""The fake issuer's tokens are like real ones: the verifier accepts them with the issuer's keys."""

import time
from typing import Any

import pytest

from on_behalf_of.drf.actor_policy import is_delegated
from on_behalf_of.resource_server.access_token import AccessToken, TokenDialect
from on_behalf_of.resource_server.actor import Actor
from on_behalf_of.resource_server.issuer_keys import IssuerKeys, KeyFetching
from on_behalf_of.resource_server.refusals import InvalidToken, KeysUnavailable
from on_behalf_of.resource_server.token_rules import KeySource, TokenRules, verify_access_token
from on_behalf_of.resource_server.who_may_present import CallerRules, check_caller
from on_behalf_of.testing import FakeIssuer, Flaw, ServedIssuer

EACH_DIALECT = pytest.mark.parametrize("dialect", list(TokenDialect))


@pytest.fixture
def issuer() -> FakeIssuer:
    return FakeIssuer()


def verified(issuer: FakeIssuer, token: str, keys: KeySource | None = None) -> AccessToken:
    rules = TokenRules(issuer.url, issuer.audience)
    return verify_access_token(token, rules=rules, keys=keys or issuer, now=time.time())


@EACH_DIALECT
def test_a_token_has_the_requested_claims(issuer: FakeIssuer, dialect: TokenDialect) -> None:
    token = verified(
        issuer,
        issuer.token(subject="bob", scopes=["a", "b"], organization="org_1", permissions=["p"], dialect=dialect),
    )
    assert (token.subject, token.scopes, token.organization, token.dialect) == (
        "bob",
        frozenset("ab"),
        "org_1",
        dialect,
    )
    assert (token.client_id, token.permissions, token.actor) == ("user-client", frozenset("p"), None)
    check_caller(token, CallerRules())


@EACH_DIALECT
def test_a_token_through_an_actor_looks_like_an_exchanged_one(issuer: FakeIssuer, dialect: TokenDialect) -> None:
    """RFC 8693 §4.1: the current actor outside, the client that the user logged in with inside."""
    token = verified(issuer, issuer.token(actor="bridge", dialect=dialect))
    assert (token.client_id, token.actor) == ("bridge", Actor("bridge", actor=Actor("user-client")))
    assert is_delegated(token)
    check_caller(token, CallerRules())


@pytest.mark.parametrize(
    ("actor", "client_id", "chain"),
    [
        (["bridge"], "bridge", [Actor("bridge")]),
        (["second", "first", "app"], "second", [Actor("second"), Actor("first"), Actor("app")]),
        (
            {"sub": "agent-7", "client_id": "bridge", "sub_profile": "ai_agent"},
            "bridge",
            [Actor("agent-7", "bridge", sub_profile=("ai_agent",)), Actor("user-client")],
        ),
    ],
)
def test_an_actor_may_be_a_whole_chain_or_an_agent(
    issuer: FakeIssuer, actor: Any, client_id: str, chain: list[Actor]
) -> None:
    token = verified(issuer, issuer.token(actor=actor))
    assert token.actor
    assert (token.client_id, [each.subject for each in token.actor.chain()]) == (
        client_id,
        [each.subject for each in chain],
    )
    assert [(each.client_id, each.sub_profile) for each in token.actor.chain()] == [
        (each.client_id, each.sub_profile) for each in chain
    ]


@EACH_DIALECT
def test_a_machine_token_has_no_user_behind_it(issuer: FakeIssuer, dialect: TokenDialect) -> None:
    token = verified(issuer, issuer.machine_token("cron", scopes=["a"], dialect=dialect))
    assert (token.is_machine, token.client_id, token.scopes) == (True, "cron", frozenset("a"))


def test_any_claim_can_be_set_or_removed(issuer: FakeIssuer) -> None:
    claims = issuer.claims(actor="bridge", sub="carol", act=None, azp="bridge", jti=None)
    assert (claims["sub"], claims["azp"], claims["client_id"]) == ("carol", "bridge", "bridge")
    assert not {"act", "jti"} & set(claims)


@pytest.mark.parametrize("flaw", Flaw)
def test_each_flaw_is_refused_for_its_own_reason(issuer: FakeIssuer, flaw: Flaw) -> None:
    asked: dict[str, Any] = {"actor": "bridge", "scopes": ["a"]}
    assert verified(issuer, issuer.token(**asked)).subject
    with pytest.raises(InvalidToken) as refused:
        verified(issuer, issuer.bad_token(flaw, **asked))
    assert refused.value.reason == flaw.reason


def test_the_keys_of_a_served_issuer_are_fetched(obo_served_issuer: ServedIssuer) -> None:
    issuer = obo_served_issuer
    keys = IssuerKeys(issuer.url, KeyFetching(timeout=5))
    assert verified(issuer, issuer.token(), keys).issuer == issuer.url
    issuer.rotate("second")
    assert verified(issuer, issuer.token(), keys).issuer == issuer.url
    assert issuer.requests["/.well-known/jwks.json"] == 2


def test_given_keys_are_never_fetched(obo_served_issuer: ServedIssuer) -> None:
    issuer = obo_served_issuer
    keys = IssuerKeys(issuer.url, KeyFetching(given_keys=issuer.public_keys(), max_age=0.001, refetch_cooldown=0.001))
    assert keys.ready()
    assert verified(issuer, issuer.token(), keys).subject
    for _ in range(5):
        with pytest.raises(InvalidToken):
            keys.key("unknown")
    assert keys.metadata_if_held() is None
    with pytest.raises(KeysUnavailable):
        keys.metadata()
    assert not issuer.requests
