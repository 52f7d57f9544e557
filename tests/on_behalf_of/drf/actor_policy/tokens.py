"""Signed tokens for the policy's tests, in both dialects."""

from typing import Any

from on_behalf_of.resource_server.who_may_present import ActorRule
from tests.issuer import BRIDGE_CLIENT, Issuer

AGENT = "agt_helper"
CHAINS: dict[str, dict[str, Any]] = {
    "bridge for inspector": {"sub": BRIDGE_CLIENT, "act": {"sub": "inspector"}},
    "stranger for bridge": {"sub": "stranger", "act": {"sub": BRIDGE_CLIENT, "act": {"sub": "inspector"}}},
    "five levels, bridge second": {
        "sub": "stranger",
        "act": {"sub": BRIDGE_CLIENT, "act": {"sub": "c", "act": {"sub": "d", "act": {"sub": "inspector"}}}},
    },
    "five levels, bridge first": {
        "sub": BRIDGE_CLIENT,
        "act": {"sub": "b", "act": {"sub": "c", "act": {"sub": "d", "act": {"sub": "inspector"}}}},
    },
    "agent of bridge for inspector": {
        "sub": AGENT,
        "client_id": BRIDGE_CLIENT,
        "sub_profile": "ai_agent",
        "act": {"sub": "inspector"},
    },
    "agent of stranger for bridge": {"sub": "agt_x", "client_id": "stranger", "act": {"sub": BRIDGE_CLIENT}},
    "agent's login": {"sub": AGENT, "client_id": BRIDGE_CLIENT, "sub_profile": "ai_agent"},
    "agent's login, its client untold": {"sub": AGENT, "sub_profile": "ai_agent"},
    "bridge alone": {"sub": BRIDGE_CLIENT},
    "another for the client": {"sub": "other-service"},
    "bridge of another issuer": {"sub": BRIDGE_CLIENT, "iss": "https://other.example/", "act": {"sub": "inspector"}},
}
# Tokens of the bridge's client whose current actor is another party: TOKEN_ACTOR_RULE=record lets them pass.
NOT_THE_CLIENT = {"agent's login, its client untold", "another for the client", "bridge of another issuer"}


def with_chain(issuer: Issuer, chain: str | None, **claims: Any) -> str:
    """Return a token with this chain for the acting client; without a chain, for the user's own client."""
    if chain is None:
        return issuer.token(**claims)
    act = CHAINS[chain]
    client = BRIDGE_CLIENT if chain in NOT_THE_CLIENT else act.get("client_id", act["sub"])
    return issuer.token(**({"client_id": client, "act": act} | claims))


def rule_for(chain: str | None) -> ActorRule:
    """Return the rule that lets the chain reach the API's other rules."""
    return ActorRule.RECORD if chain in NOT_THE_CLIENT else ActorRule.ENFORCE


def machine_rfc9068(issuer: Issuer) -> str:
    """RFC 9068 §5: with client credentials, sub names the client."""
    return issuer.token(sub="robot", client_id="robot")


def machine_auth0(issuer: Issuer) -> str:
    claims = issuer.auth0_claims(sub="robot@clients", azp="robot", gty="client-credentials")
    return issuer.sign(claims, typ="JWT")


def machine_with_actor(issuer: Issuer) -> str:
    return issuer.token(sub="robot@clients", client_id="robot", act={"sub": "robot", "act": {"sub": "inspector"}})


MACHINES = {"RFC 9068": machine_rfc9068, "Auth0": machine_auth0, "with act": machine_with_actor}
