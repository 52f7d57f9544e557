"""The tokens that the policy is about, really signed, in both dialects."""

from typing import Any

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


def with_chain(issuer: Issuer, chain: str | None, **claims: Any) -> str:
    """A token of the bridge's client with that chain; without one, of the user's own client."""
    if chain is None:
        return issuer.token(**claims)
    return issuer.token(**({"client_id": BRIDGE_CLIENT, "act": CHAINS[chain]} | claims))


def machine_rfc9068(issuer: Issuer) -> str:
    """RFC 9068 §5: with client credentials, sub names the client."""
    return issuer.token(sub="robot", client_id="robot")


def machine_auth0(issuer: Issuer) -> str:
    claims = issuer.auth0_claims(sub="robot@clients", azp="robot", gty="client-credentials")
    return issuer.sign(claims, typ="JWT")


def machine_with_actor(issuer: Issuer) -> str:
    return issuer.token(sub="robot@clients", client_id="robot", act=CHAINS["bridge for inspector"])


MACHINES = {"RFC 9068": machine_rfc9068, "Auth0": machine_auth0, "with act": machine_with_actor}
