"""The API's rules about actors: every policy with every kind of token."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from rest_framework.test import APIClient

from on_behalf_of.audit.models import Decision, DelegatedAccess
from on_behalf_of.resource_server.refusals import DESCRIPTIONS, Reason
from tests.issuer import BRIDGE_CLIENT, Issuer
from tests.on_behalf_of.drf.actor_policy.conftest import SetPolicy
from tests.on_behalf_of.drf.actor_policy.tokens import AGENT, CHAINS, MACHINES, rule_for, with_chain
from tests.on_behalf_of.drf.conftest import bearer

PRIVATE = "/api/private-scope"
TRUSTED = frozenset({BRIDGE_CLIENT})
UNTRUSTED, UNDELEGATED = Reason.ACTOR_NOT_TRUSTED, Reason.DELEGATION_REQUIRED


@dataclass(frozen=True)
class Case:
    chain: str | None
    refused: Reason | None = None
    claims: dict[str, Any] = field(default_factory=dict)


MATRIX: dict[str, tuple[dict[str, Any], list[Case]]] = {
    "the defaults": ({}, [Case(None), *(Case(chain) for chain in CHAINS)]),
    # RFC 8693 §4.1: nested actors are not to be considered in access control decisions.
    "the bridge alone is trusted": (
        {"trusted_actors": TRUSTED},
        [
            Case(None),  # names no actor; API_REQUIRE_DELEGATION is for that
            Case("bridge for inspector"),
            Case("five levels, bridge first"),
            Case("agent of bridge for inspector"),  # by its client
            Case("agent's login"),
            Case("stranger for bridge", UNTRUSTED),
            Case("five levels, bridge second", UNTRUSTED),
            Case("agent of stranger for bridge", UNTRUSTED),
            Case("another for the client", UNTRUSTED),
            Case("agent's login, its client untold", UNTRUSTED),
            Case("bridge of another issuer", UNTRUSTED),
        ],
    ),
    "an agent is trusted, its client as such is not": (
        {"trusted_actors": frozenset({AGENT})},
        [Case("agent of bridge for inspector"), Case("agent's login"), Case("bridge for inspector", UNTRUSTED)],
    ),
    "actors are compared to the letter": (
        {"trusted_actors": frozenset({BRIDGE_CLIENT.upper(), f"{BRIDGE_CLIENT} ", BRIDGE_CLIENT[:-1]})},
        [Case("bridge for inspector", UNTRUSTED)],
    ),
    "delegation is required": (
        {"require_delegation": True},
        [
            Case("bridge for inspector"),
            Case("stranger for bridge"),
            Case("agent of bridge for inspector"),
            Case("another for the client"),
            Case(None, UNDELEGATED),
            Case("agent's login", UNDELEGATED),  # one level that names the token's own client again
            Case("agent's login, its client untold", UNDELEGATED),
            Case("bridge alone", UNDELEGATED),
        ],
    ),
    "both": (
        {"require_delegation": True, "trusted_actors": TRUSTED},
        [
            Case("bridge for inspector"),
            Case("agent of bridge for inspector"),
            Case("agent's login", UNDELEGATED),
            Case(None, UNDELEGATED),
            Case("five levels, bridge second", UNTRUSTED),
        ],
    ),
    "organizations": (
        {"allowed_organizations": frozenset({"org_acme", "org_beta"})},
        [
            Case(None, claims={"org_id": "org_acme"}),
            Case("bridge for inspector", claims={"org_id": "org_beta"}),
            Case("bridge for inspector", Reason.ORGANIZATION, {"org_id": "org_other"}),
            Case("bridge for inspector", Reason.ORGANIZATION),
        ],
    ),
}
ROWS = [
    pytest.param(rules, case, id=f"{name}: {case.chain or 'undelegated'} {case.claims.get('org_id', '')}".strip())
    for name, (rules, cases) in MATRIX.items()
    for case in cases
]


@pytest.mark.parametrize(("rules", "case"), ROWS)
def test_the_current_actor_decides_and_the_row_holds_the_reason(
    api: APIClient, issuer: Issuer, set_policy: SetPolicy, rules: dict[str, Any], case: Case
) -> None:
    """RFC 8693 §4.1."""
    set_policy(**rules, actor_rule=rule_for(case.chain))
    answer = api.get(PRIVATE, **bearer(with_chain(issuer, case.chain, **case.claims)))
    row = DelegatedAccess.objects.get()
    if case.refused is None:
        assert (answer.status_code, row.decision, row.reason) == (200, Decision.ALLOWED, "")
    else:
        assert answer.status_code == 403
        assert answer.json() == {"detail": DESCRIPTIONS[case.refused], "reason": case.refused.value}
        assert (row.status, row.decision, row.reason) == (403, Decision.REFUSED, case.refused.value)


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("rules", [{}, {"require_delegation": True}, {"trusted_actors": TRUSTED}])
def test_a_machine_is_refused_unless_machines_are_allowed(
    api: APIClient, issuer: Issuer, set_policy: SetPolicy, machine: str, rules: dict[str, Any]
) -> None:
    """RFC 9068 §5: a client's own token has no user behind it."""
    set_policy(**rules)
    answer = api.get(PRIVATE, **bearer(MACHINES[machine](issuer)))
    assert (answer.status_code, answer.json()["reason"]) == (403, "machine_not_allowed")
    assert DelegatedAccess.objects.get().reason == "machine_not_allowed"


@pytest.mark.parametrize("machine", MACHINES)
def test_the_other_rules_apply_to_an_allowed_machine(
    api: APIClient, issuer: Issuer, set_policy: SetPolicy, machine: str
) -> None:
    token = MACHINES[machine](issuer)
    set_policy(allow_machines=True)
    assert api.get(PRIVATE, **bearer(token)).status_code == 200
    set_policy(allow_machines=True, require_delegation=True)
    assert api.get(PRIVATE, **bearer(token)).json()["reason"] == "delegation_required"
    set_policy(allow_machines=True, allowed_organizations=frozenset({"org_acme"}))
    assert api.get(PRIVATE, **bearer(token)).json()["reason"] == "organization_not_allowed"


def test_the_refusal_does_not_ask_for_a_login_or_consent(api: APIClient, issuer: Issuer, set_policy: SetPolicy) -> None:
    """RFC 6750 §3 requires a challenge; no error code of §3.1 fits, so it has none, and no scope either."""
    set_policy(require_delegation=True)
    challenge = api.get(PRIVATE, **bearer(issuer.token())).headers["WWW-Authenticate"]
    assert challenge == 'Bearer resource_metadata="http://localhost:8787/.well-known/oauth-protected-resource"'


def test_who_may_act_is_decided_before_scopes(api: APIClient, issuer: Issuer, set_policy: SetPolicy) -> None:
    """Otherwise a client would ask the user for the scope in vain."""
    set_policy(require_delegation=True)
    answer = api.get(PRIVATE, **bearer(issuer.token(scope="openid")))
    assert answer.json()["reason"] == "delegation_required"
    assert DelegatedAccess.objects.get().scopes_required == ["read:private"]


def test_a_bad_token_is_refused_before_the_policy(api: APIClient, issuer: Issuer, set_policy: SetPolicy) -> None:
    set_policy(require_delegation=True)
    answer = api.get(PRIVATE, **bearer(issuer.token(exp=1)))
    assert (answer.status_code, answer.json()["reason"]) == (401, "token_expired")
    assert api.get(PRIVATE).status_code == 401
    assert not DelegatedAccess.objects.exists()
