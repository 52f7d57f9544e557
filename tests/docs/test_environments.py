"""Read every environment block of the documentation as the services do, and check what it configures."""

import time
from pathlib import Path
from typing import Any

import pytest

from config.environment import Environment, read_environment
from on_behalf_of.drf.actor_policy import check_actor, is_delegated
from on_behalf_of.exchange.delegation import check_delegation
from on_behalf_of.exchange.errors import UnusableToken
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.refusals import NotPermitted, Reason
from on_behalf_of.resource_server.token_rules import TokenRules, verify_access_token
from tests.docs.blocks import Block, blocks, pages
from tests.issuer import Issuer
from tests.on_behalf_of.resource_server.judging import PublishedKeys

ADOPTING = "docs/adopt.md"  # for the library in another project; tests/adoption reads these
ENVIRONMENTS = [block for page in pages() if page != ADOPTING for block in blocks(page, "sh")]
AGENTS, TENANTS = "docs/agents-as-actors.md", "docs/other-tenants.md"


def read(block: Block, folder: Path) -> Environment:
    return read_environment({"STATE_DIR": str(folder), **block.variables})


def token(environment: Environment, *, typ: str = "at+jwt", audience: str | None = None, **claims: Any) -> AccessToken:
    """Return a token, verified by the rules of that environment's API or of the service with that audience."""
    issuer = Issuer(environment.issuer)
    rules = TokenRules(environment.issuer, audience or environment.api_audience, environment.dialects)
    make = issuer.claims if typ == "at+jwt" else issuer.auth0_claims
    signed = issuer.sign(make(**{"aud": rules.audience} | claims), typ=typ)
    return verify_access_token(signed, rules=rules, keys=PublishedKeys(issuer), now=time.time())


@pytest.mark.parametrize("block", ENVIRONMENTS, ids=lambda block: f"{block.page}-{len(block.prose.splitlines())}")
def test_every_variable_is_known_and_every_value_accepted(block: Block, tmp_path: Path) -> None:
    table = (Path(__file__).parents[2] / "docs/configuration.md").read_text()
    assert block.variables
    for name in block.variables:
        assert f"`{name}`" in table, name
    read(block, tmp_path)


def test_a_keycloak_token_as_configured_on_the_page_passes_at_the_bridge_and_at_the_api(tmp_path: Path) -> None:
    environment = read(blocks(TENANTS, "sh")[0], tmp_path)
    (act,) = (block.json for block in blocks(TENANTS, "json"))
    bridge = environment.bridge_clients[0].client_id
    subject = token(environment, typ="JWT", audience=environment.bridge_audience)
    exchanged = token(environment, typ="JWT", azp=bridge, act=act)
    check_delegation(exchanged, subject_token=subject, client_id=bridge, scope=["read:private"])
    check_actor(exchanged, environment.actor_policy)
    assert not is_delegated(exchanged)  # as the page says
    with pytest.raises(UnusableToken, match="act"):
        check_delegation(
            token(environment, typ="JWT", azp=bridge), subject_token=subject, client_id=bridge, scope=["read:private"]
        )


def test_agents_are_trusted_by_their_own_id_or_by_their_clients(tmp_path: Path) -> None:
    exchanged, login = (block.json for block in blocks(AGENTS, "json"))
    for block in blocks(AGENTS, "sh"):
        environment = read(block, tmp_path)
        check_actor(token(environment, **exchanged), environment.actor_policy)
        with pytest.raises(NotPermitted) as refused:
            check_actor(token(environment, **login), environment.actor_policy)
        assert refused.value.reason is Reason.DELEGATION_REQUIRED
    another = exchanged | {"act": exchanged["act"] | {"sub": "agt_other"}}
    alone, with_its_client = (read(block, tmp_path) for block in blocks(AGENTS, "sh"))
    check_actor(token(with_its_client, **another), with_its_client.actor_policy)
    with pytest.raises(NotPermitted) as refused:
        check_actor(token(alone, **another), alone.actor_policy)
    assert refused.value.reason is Reason.ACTOR_NOT_TRUSTED
    subject = token(alone, audience=alone.bridge_audience)
    check_delegation(token(alone, **exchanged), subject_token=subject, client_id="bridge-client", scope=[])


def test_only_listed_organizations_may_call(tmp_path: Path) -> None:
    environment = read(blocks("docs/organizations.md", "sh")[0], tmp_path)
    check_actor(token(environment, org_id="org_acme"), environment.actor_policy)
    for claims in ({"org_id": "org_other"}, {}):
        with pytest.raises(NotPermitted) as refused:
            check_actor(token(environment, **claims), environment.actor_policy)
        assert refused.value.reason is Reason.ORGANIZATION
