"""The current actor must be the token's client, in both dialects, unless a setting only records actors."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from on_behalf_of.audit.models import Decision, DelegatedAccess
from on_behalf_of.resource_server.who_may_present import ActorRule
from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.drf.actor_policy.conftest import SetPolicy
from tests.on_behalf_of.drf.conftest import bearer

PRIVATE = "/api/private-scope"
INSIDE = {"act": {"sub": BRIDGE_CLIENT, "act": {"sub": "inspector"}}}
OTHERS: dict[str, dict[str, Any]] = {
    "another client": {"sub": "stranger"} | INSIDE,
    "another client, alone": {"sub": "stranger"},
    "the client stands second": {"sub": "inspector", "act": {"sub": BRIDGE_CLIENT}},
    "an agent of another client": {"sub": "agt_1", "client_id": "stranger"} | INSIDE,
    "an agent that bears the client's name, of another": {"sub": BRIDGE_CLIENT, "client_id": "stranger"},
    "an agent whose client is not told": {"sub": "agt_1", "sub_profile": "ai_agent"},
    "the user": {"sub": "auth0|alice"},
    "the client in other letters": {"sub": BRIDGE_CLIENT.upper()},
    "the client with a blank": {"sub": f"{BRIDGE_CLIENT} "},
    "one of that name at another issuer": {"sub": BRIDGE_CLIENT, "iss": "https://other.example/"},
}
ITS_OWN: dict[str, dict[str, Any]] = {
    "the client": {"sub": BRIDGE_CLIENT} | INSIDE["act"],
    "the client alone": {"sub": BRIDGE_CLIENT},
    "its agent": {"sub": "agt_1", "client_id": BRIDGE_CLIENT, "act": {"sub": "inspector"}},
    "a service account": {"sub": "f5d5b0c4-3a11-4a6e-8d0e-6a4a1f1c2b3d", "client_id": BRIDGE_CLIENT},
    "an agent of another issuer": {"sub": "agent:7", "iss": "https://agents.example/", "client_id": BRIDGE_CLIENT},
}


def of_bridge(issuer: Issuer, dialect: str, **claims: Any) -> str:
    if dialect == "auth0":
        return issuer.sign(issuer.auth0_claims(azp=BRIDGE_CLIENT, **claims), typ="JWT")
    return issuer.token(client_id=BRIDGE_CLIENT, **claims)


@pytest.mark.parametrize("dialect", ["rfc9068", "auth0"])
@pytest.mark.parametrize("actor", OTHERS)
def test_an_actor_that_is_not_the_tokens_client_is_refused_and_recorded(
    api: APIClient, issuer: Issuer, dialect: str, actor: str
) -> None:
    """RFC 8693 §4.1: the actor is the party to whom authority has been delegated, and it presents the token."""
    answer = api.get(PRIVATE, **bearer(of_bridge(issuer, dialect, act=OTHERS[actor])))
    assert (answer.status_code, answer.json()["reason"]) == (403, "actor_not_client")
    assert "error=" not in answer.headers["WWW-Authenticate"]
    row = DelegatedAccess.objects.get()
    assert (row.decision, row.reason, row.client_id) == (Decision.REFUSED, "actor_not_client", BRIDGE_CLIENT)
    assert row.actor == OTHERS[actor]["sub"]


@pytest.mark.parametrize("dialect", ["rfc9068", "auth0"])
@pytest.mark.parametrize("actor", ITS_OWN)
def test_the_tokens_own_client_and_its_agents_may_act(api: APIClient, issuer: Issuer, dialect: str, actor: str) -> None:
    assert api.get(PRIVATE, **bearer(of_bridge(issuer, dialect, act=ITS_OWN[actor]))).status_code == 200


@pytest.mark.parametrize("actor", OTHERS)
def test_if_actors_are_only_recorded_the_row_holds_them_as_sent(
    api: APIClient, issuer: Issuer, set_policy: SetPolicy, actor: str
) -> None:
    set_policy(actor_rule=ActorRule.RECORD)
    act = OTHERS[actor]
    assert api.get(PRIVATE, **bearer(of_bridge(issuer, "rfc9068", act=act))).status_code == 200
    row = DelegatedAccess.objects.get()
    assert (row.decision, row.reason, row.client_id, row.actor) == (Decision.ALLOWED, "", BRIDGE_CLIENT, act["sub"])
    assert row.actor_chain[0] == {name: value for name, value in act.items() if name != "act"}


def test_recording_actors_does_not_relax_other_rules(api: APIClient, issuer: Issuer, set_policy: SetPolicy) -> None:
    set_policy(actor_rule=ActorRule.RECORD, trusted_actors=frozenset({BRIDGE_CLIENT}))
    stranger = of_bridge(issuer, "rfc9068", act={"sub": "stranger"})
    assert api.get(PRIVATE, **bearer(stranger)).json()["reason"] == "actor_not_trusted"
    machine = issuer.token(sub="robot", client_id="robot")
    assert api.get(PRIVATE, **bearer(machine)).json()["reason"] == "machine_not_allowed"


@pytest.mark.parametrize("rule", ActorRule)
@pytest.mark.parametrize("dialect", ["rfc9068", "auth0"])
def test_a_token_that_names_two_clients_is_refused(
    api: APIClient, issuer: Issuer, set_policy: SetPolicy, dialect: str, rule: ActorRule
) -> None:
    set_policy(actor_rule=rule)
    beside = "client_id" if dialect == "auth0" else "azp"
    answer = api.get(PRIVATE, **bearer(of_bridge(issuer, dialect, **{beside: "stranger"})))
    assert (answer.status_code, answer.json()["reason"]) == (401, "clients_differ")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert api.get(PRIVATE, **bearer(of_bridge(issuer, dialect, **{beside: BRIDGE_CLIENT}))).status_code == 200
    assert api.get(PRIVATE, **bearer(of_bridge(issuer, dialect, **{beside: None}))).status_code == 200
    odd = issuer.claims(client_id=BRIDGE_CLIENT) | {"azp": None}
    assert api.get(PRIVATE, **bearer(issuer.sign(odd))).status_code == 401
