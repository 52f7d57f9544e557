"""GET /api/private-scope returns what the API read from the caller's token."""

from rest_framework.test import APIClient

from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.drf.conftest import bearer


def test_an_undelegated_call_has_no_actor(api: APIClient, issuer: Issuer) -> None:
    answer = api.get("/api/private-scope", **bearer(issuer.token(scope="read:private openid"))).json()
    assert answer == {
        "subject": "auth0|alice",
        "client_id": "inspector",
        "current_actor": None,
        "actor_chain": [],
        "scopes": ["openid", "read:private"],
        "organization": None,
    }


def test_a_delegated_call_names_the_current_actor_and_the_whole_chain(api: APIClient, issuer: Issuer) -> None:
    """RFC 8693 §4.1: the outermost actor is the current one."""
    answer = api.get("/api/private-scope", **bearer(issuer.delegated_token(org_id="org_acme"))).json()
    assert answer["subject"] == "auth0|alice"
    assert answer["current_actor"] == {"sub": BRIDGE_CLIENT}
    assert answer["actor_chain"] == [{"sub": BRIDGE_CLIENT}, {"sub": "inspector"}]
    assert answer["organization"] == "org_acme"


def test_an_agent_is_named_together_with_its_client(api: APIClient, issuer: Issuer) -> None:
    act = {"sub": "agt_1", "client_id": BRIDGE_CLIENT, "sub_profile": "ai_agent service", "iss": issuer.url, "new": 1}
    answer = api.get("/api/private-scope", **bearer(issuer.delegated_token(act=act))).json()
    assert answer["current_actor"] == {
        "sub": "agt_1",
        "client_id": BRIDGE_CLIENT,
        "iss": issuer.url,
        "sub_profile": ["ai_agent", "service"],
    }
