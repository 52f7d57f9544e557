"""The checks are shown in the order in which the code makes them."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.explanation import POLICY_CHECKS, policy_steps
from on_behalf_of.resource_server.access_token import TokenDialect
from on_behalf_of.resource_server.explanation import CHECKS, Check, State, explain
from on_behalf_of.resource_server.token_rules import TokenRules
from on_behalf_of.resource_server.who_may_present import ActorRule
from tests.issuer import API_AUDIENCE, rsa_key
from tests.on_behalf_of.diagnosis.explanation.broken_tokens import FUTURE
from tests.on_behalf_of.resource_server.judging import GOOD_HEADER, ISSUER, PublishedKeys, verified

Token = dict[str, Any]


def in_claims(**changes: Any) -> Callable[[Token], None]:
    return lambda token: token["claims"].update(changes)


def in_header(**changes: Any) -> Callable[[Token], None]:
    return lambda token: token["header"].update(changes)


def as_a_whole(**changes: Any) -> Callable[[Token], None]:
    return lambda token: token.update(changes)


def no_jwt(token: Token) -> None:
    token["ends"] = "." + token["ends"]


# One for each check, in the order of CHECKS. Each leaves alone what those after it have broken.
FAULTS: tuple[Callable[[Token], None], ...] = (
    as_a_whole(begins="\u00e4"),
    as_a_whole(padding="x" * 20_000),
    no_jwt,
    in_header(alg="none"),
    in_header(crit=["exp"]),
    in_header(typ="id+jwt"),
    as_a_whole(dialects=frozenset({TokenDialect.RFC9068})),
    in_header(kid=""),
    in_header(kid="unknown"),
    as_a_whole(key=rsa_key("wrong")),
    as_a_whole(before_claims='"sub": "twice", '),
    in_claims(nonce="n"),
    in_claims(cnf={}),
    in_claims(iss="https://other.example/"),
    in_claims(aud="https://other.example/"),
    in_claims(exp=1),
    in_claims(iat=FUTURE),
    in_claims(sub=""),
    in_claims(azp=""),
    in_claims(scope=7),
    in_claims(permissions=7),
    in_claims(jti=""),
    in_claims(act="nobody"),
    in_claims(org_id=""),
    in_claims(sub_profile=7),
)


def with_faults(faults: tuple[Callable[[Token], None], ...]) -> tuple[str, TokenRules]:
    parts: Token = {
        "header": {**GOOD_HEADER, "typ": "JWT"},
        "claims": ISSUER.auth0_claims(),
        "key": ISSUER.keys[0],
        "dialects": frozenset(TokenDialect),
        "begins": "",
        "before_claims": "",
        "padding": "",
        "ends": "",
    }
    for fault in reversed(faults):  # where two change the same thing, the earlier check has the last word
        fault(parts)
    claims = "{" + parts["before_claims"] + json.dumps(parts["claims"] | {"padding": parts["padding"]})[1:]
    token = ISSUER.sign_raw(parts["header"], claims.encode(), parts["key"])
    return parts["begins"] + token + parts["ends"], TokenRules(ISSUER.url, API_AUDIENCE, parts["dialects"])


@pytest.mark.parametrize("position", range(len(CHECKS)), ids=lambda position: CHECKS[position].title)
def test_the_first_failing_check_gives_the_reason(position: int) -> None:
    """So this check is made before all later ones, in the code as in the table."""
    token, rules = with_faults(FAULTS[position:])
    explanation = explain(token, rules=rules, keys=PublishedKeys(ISSUER), now=time.time())
    states = [step.state for step in explanation.steps]
    assert states[: position + 1] == [State.PASSED] * position + [State.FAILED]
    assert explanation.token is None


@pytest.mark.parametrize("position", range(len(CHECKS)), ids=lambda position: CHECKS[position].title)
def test_a_token_with_one_fault_fails_one_check(position: int) -> None:
    token, rules = with_faults(FAULTS[position : position + 1])
    explanation = explain(token, rules=rules, keys=PublishedKeys(ISSUER), now=time.time())
    assert [step.check for step in explanation.steps if step.state is State.FAILED] == [CHECKS[position]]


def test_a_token_without_faults_passes_every_check() -> None:
    token, rules = with_faults(())
    explanation = explain(token, rules=rules, keys=PublishedKeys(ISSUER), now=time.time())
    assert {step.state for step in explanation.steps} == {State.PASSED}
    assert explanation.token == verified(token)


# The same of the policy: a machine's token, of an actor that nobody trusts, of no organization.
RULES: tuple[dict[str, Any], ...] = (
    {"allow_machines": False},
    {"actor_rule": ActorRule.ENFORCE},
    {"require_delegation": True},
    {"trusted_actors": frozenset({"bridge"})},
    {"allowed_organizations": frozenset({"org"})},
)


@pytest.mark.parametrize("position", range(len(POLICY_CHECKS)))
def test_the_rules_of_the_policy_are_in_order(position: int) -> None:
    token = verified(ISSUER.token(sub="robot", client_id="robot", act={"sub": "stranger"}))
    rules: dict[str, Any] = {"allow_machines": True, "actor_rule": ActorRule.RECORD}
    for rule in RULES[position:]:
        rules |= rule
    steps = policy_steps(token, ActorPolicy(**rules))
    assert [step.state for step in steps] == [State.PASSED] * position + [State.FAILED] * (len(RULES) - position)


def test_no_check_is_repeated() -> None:
    failures: list[tuple[object, Check]] = [
        (reason if reason != "missing_or_malformed_claim" else about, check)
        for check in (*CHECKS, *POLICY_CHECKS)
        for reason in check.reasons
        for about in (check.about if reason == "missing_or_malformed_claim" else ("",))
    ]
    assert len({failure for failure, _ in failures}) == len(failures)
