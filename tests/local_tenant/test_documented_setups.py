"""docs/two-hops.md and docs/organizations.md: their lines, run at the local tenant, give the documented tokens."""

from typing import Any

import pytest

from on_behalf_of.drf.actor_policy import ActorPolicy, check_actor
from on_behalf_of.resource_server.json_web_key_set import usable_keys
from on_behalf_of.resource_server.keys_on_disk import KeptKeys
from on_behalf_of.resource_server.token_rules import TokenRules, verify_access_token
from tests.docs.blocks import blocks
from tests.local_tenant.flow import API, ISSUER, USER, Browser, basic, error, exchange, token_request, verified
from tests.local_tenant.subject_tokens import ACT_4, subject_token

HOPS, ORGANIZATIONS = "docs/two-hops.md", "docs/organizations.md"


def run(page: str) -> dict[str, Any]:
    """Run the page's lines for the tenant as `manage.py shell` would. Other code of the page has a test of its own."""
    names: dict[str, Any] = {}
    for block in blocks(page, "python"):
        if "local_tenant" not in block.text:
            continue
        exec(block.text, names)  # noqa: S102 - our own documentation
    return names


def test_a_second_exchange_nests_the_earlier_actors_inside_the_api(browser: Browser) -> None:
    run(HOPS)
    form, shown = (block.json for block in blocks(HOPS, "json"))
    (environment,) = (block.variables for block in blocks(HOPS, "sh"))
    token_b = exchange(browser.access_token()).json()["access_token"]
    answer = token_request(form | {"subject_token": token_b}, authorization=basic("notes-api", "a-long-random-secret"))
    assert answer.status_code == 200, answer.content
    token_c = answer.json()["access_token"]
    claims = verified(token_c, environment["API_AUTH0_AUDIENCE"])
    assert {name: claims[name] for name in shown} == shown

    keys = KeptKeys(ISSUER, usable_keys(browser.http.get("/.well-known/jwks.json").json()), 0)
    rules = TokenRules(ISSUER, environment["API_AUTH0_AUDIENCE"])
    token = verify_access_token(token_c, rules=rules, keys=keys, now=claims["iat"])
    trusted = frozenset({environment["API_TRUSTED_ACTORS"]})
    check_actor(token, ActorPolicy(trusted_actors=trusted, require_delegation=True))
    assert token.actor is not None
    assert [actor.subject for actor in token.actor.chain()] == ["notes-api", "bridge-client", "local-manual-client"]


def test_a_token_with_four_actors_is_not_exchanged(browser: Browser) -> None:
    run(HOPS)
    form = blocks(HOPS, "json")[0].json
    deep = subject_token(aud=API, act=ACT_4)
    answer = token_request(form | {"subject_token": deep}, authorization=basic("notes-api", "a-long-random-secret"))
    assert error(answer) == (400, "invalid_request")


@pytest.mark.usefixtures("tenant")
def test_token_b_carries_the_organization_and_the_scopes_that_its_roles_allow(browser: Browser) -> None:
    run(ORGANIZATIONS)
    (shown,) = (block.json for block in blocks(ORGANIZATIONS, "json"))
    token_a = browser.access_token(USER, organization="org_acme")
    claims = verified(exchange(token_a).json()["access_token"], API)
    assert {name: claims[name] for name in shown} == shown
