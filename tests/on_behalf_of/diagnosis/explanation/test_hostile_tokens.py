"""Tokens with many faults, and text that is not a token: each gets an explanation."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from on_behalf_of.resource_server.explanation import State, explain
from on_behalf_of.resource_server.pasted_token import read_pasted_token
from tests.issuer import Issuer, key_id
from tests.on_behalf_of.diagnosis.explanation.broken_tokens import FUTURE
from tests.on_behalf_of.diagnosis.explanation.conftest import explain_token
from tests.on_behalf_of.diagnosis.explanation.test_order import FAULTS, with_faults
from tests.on_behalf_of.resource_server.judging import ISSUER, RULES, PublishedKeys

pytestmark = pytest.mark.usefixtures("configure")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1, "iat": 10**400},
        {"exp": 1, "iat": "soon"},
        {"exp": 1, "iat": None},
        {"iat": FUTURE, "nbf": "later"},
        {"iat": FUTURE, "nbf": -1},
        {"nbf": FUTURE, "exp": FUTURE + 1, "aud": []},
        {"iss": 7, "aud": [7]},
        {"iss": "", "aud": ""},
        {"act": {"sub": []}, "exp": True},
        {"iss": ["x"], "aud": {"x": 1}, "exp": 10**400, "iat": [], "nbf": {}, "scope": {}},
    ],
)
def test_claims_with_several_faults_are_explained(issuer: Issuer, claims: Any) -> None:
    key = issuer.keys[0]
    token = issuer.sign_raw({"alg": "RS256", "typ": "at+jwt", "kid": key_id(key)}, issuer.claims(**claims), key)
    said = explain_token(token)
    assert said.code == 1
    assert "refuses" in said.verdict


def test_deeply_nested_claims_are_explained(issuer: Issuer) -> None:
    key, depths = issuer.keys[0], range(600, 1_100, 20)
    header = {"alg": "RS256", "typ": "at+jwt", "kid": key_id(key)}
    for depth in depths:
        nested = json.dumps(issuer.claims())[:-1] + ', "deep": ' + "[" * depth + "]" * depth + "}"
        assert explain_token(issuer.sign_raw(header, nested.encode(), key)).code in {0, 1}


@given(st.text() | st.lists(st.text(alphabet="ey0123456789.-_=", max_size=40), max_size=6).map(".".join))
def test_any_pasted_text_gets_an_explanation(text: str) -> None:
    token = read_pasted_token(text).token
    explanation = explain(token, rules=RULES, keys=PublishedKeys(ISSUER), now=1_000_000)
    assert explanation.token is None
    assert sum(step.state is State.FAILED for step in explanation.steps) >= 1


@given(st.sets(st.sampled_from(range(2, len(FAULTS)))))
def test_the_reason_is_the_first_fault_of_the_token(faults: set[int]) -> None:
    token, rules = with_faults(tuple(FAULTS[index] for index in sorted(faults)))
    steps = explain(token, rules=rules, keys=PublishedKeys(ISSUER), now=ISSUER.claims()["iat"]).steps
    failed = [index for index, step in enumerate(steps) if step.state is State.FAILED]
    assert set(failed) <= faults
    assert failed[:1] == sorted(faults)[:1]
