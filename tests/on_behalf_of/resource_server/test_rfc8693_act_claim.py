"""RFC 8693 §4.1: who acts for the subject."""

from typing import Any

import pytest

from on_behalf_of.resource_server.actor import MAX_ACTORS, Actor, parse_actor
from on_behalf_of.resource_server.refusals import InvalidToken, Reason
from tests.issuer import BRIDGE_CLIENT
from tests.on_behalf_of.resource_server.judging import ISSUER, claims_refusal, verified


def chain(depth: int, innermost: dict[str, Any] | None = None) -> dict[str, Any]:
    """An act claim of `depth` actors, the current one outermost."""
    act: dict[str, Any] = innermost or {"sub": f"actor-{depth}"}
    for level in range(depth - 1, 0, -1):
        act = {"sub": f"actor-{level}", "act": act}
    return act


def test_the_outermost_actor_is_the_current_one() -> None:
    """RFC 8693 §4.1: nested act claims are prior actors, the least recent one innermost."""
    actor = verified(ISSUER.delegated_token()).actor
    assert actor == Actor(BRIDGE_CLIENT, actor=Actor("inspector"))
    assert [each.subject for each in actor.chain()] == [BRIDGE_CLIENT, "inspector"]


@pytest.mark.parametrize("depth", range(1, MAX_ACTORS + 1))
def test_up_to_five_actors_are_read_in_order(depth: int) -> None:
    """RFC 8693 §4.1: a chain of delegation can be expressed by nesting."""
    actor = verified(ISSUER.token(act=chain(depth))).actor
    assert actor is not None
    assert [each.subject for each in actor.chain()] == [f"actor-{level}" for level in range(1, depth + 1)]


@pytest.mark.parametrize("depth", [6, 7, 100])
def test_a_chain_of_more_than_five_actors_is_refused(depth: int) -> None:
    """Our own limit: Auth0 never issues more, and longer chains are unreadable."""
    assert claims_refusal(act=chain(depth)) is Reason.ACTOR_DEPTH


def test_all_known_members_of_an_actor_are_kept() -> None:
    """RFC 8693 §4.1: sub may need iss to be unique; Auth0 names an agent's client beside it."""
    act = {"sub": "agt_1", "iss": "https://i.example/", "client_id": "c", "sub_profile": "ai_agent service"}
    actor = verified(ISSUER.token(act=act | {"client_profile": "browser_app"})).actor
    assert actor == Actor("agt_1", "c", "https://i.example/", ("ai_agent", "service"), ("browser_app",))


def test_unknown_members_of_an_actor_are_ignored() -> None:
    """RFC 8693 §4.1: act may hold any claim that identifies the actor; exp and the like have no meaning in it."""
    act = {"sub": "a", "exp": 0, "nbf": "never", "aud": [], "cnf": {"jkt": "x"}, "x": [{"act": {}}]}
    assert verified(ISSUER.token(act=act)).actor == Actor("a")


MALFORMED = [
    *(None, "a", 1, True, [], ["a"], [{"sub": "a"}], {}),
    *({"sub": None}, {"sub": ""}, {"sub": 1}, {"sub": ["a"]}, {"sub": "x" * 256}, {"sub": "a\nb"}, {"subject": "a"}),
    *({"sub": "a", "client_id": None}, {"sub": "a", "client_id": ""}, {"sub": "a", "client_id": ["b"]}),
    *({"sub": "a", "iss": None}, {"sub": "a", "iss": "a\x00"}, {"sub": "a", "iss": {}}),
    *({"sub": "a", "sub_profile": None}, {"sub": "a", "sub_profile": ["user"]}, {"sub": "a", "sub_profile": "x\x1b"}),
    *({"sub": "a", "client_profile": 1}, {"sub": "a", "client_profile": "x" * 256}),
]


@pytest.mark.parametrize("depth", range(1, MAX_ACTORS + 1))
@pytest.mark.parametrize("malformed", MALFORMED, ids=repr)
def test_an_actor_that_is_malformed_at_any_level_makes_the_token_invalid(malformed: Any, depth: int) -> None:
    """RFC 8693 §4.1: act is a JSON object whose members identify the actor; history must be readable as well."""
    act: Any = malformed
    for level in range(depth - 1, 0, -1):
        act = {"sub": f"actor-{level}", "act": act}
    with pytest.raises(InvalidToken) as refused:
        parse_actor(act)
    assert refused.value.reason is Reason.ACTOR


@pytest.mark.parametrize("malformed", MALFORMED[1:], ids=repr)
def test_a_token_with_a_malformed_actor_is_refused(malformed: Any) -> None:
    """An actor that cannot be read cannot be recorded, so the token is not acceptable."""
    assert claims_refusal(act=malformed) is Reason.ACTOR


def test_a_null_actor_is_malformed_and_not_absent() -> None:
    """RFC 8693 §4.1: the value of act is a JSON object."""
    with pytest.raises(InvalidToken):
        verified(ISSUER.sign(ISSUER.claims() | {"act": None}))


def test_a_deep_actor_chain_causes_no_recursion_error() -> None:
    """A chain of thousands is refused at the sixth level."""
    act: dict[str, Any] = {"sub": "a"}
    for _ in range(50_000):
        act = {"sub": "a", "act": act}
    with pytest.raises(InvalidToken) as refused:
        parse_actor(act)
    assert refused.value.reason is Reason.ACTOR_DEPTH
