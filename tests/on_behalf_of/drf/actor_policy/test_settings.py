"""The policy's variables, and what `manage.py check` says about contradictory settings."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from config import services
from config.environment import read_environment
from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.checks import contradictions
from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.environment import Variables
from on_behalf_of.environment.api import API_TRUSTED_ACTORS
from on_behalf_of.resource_server.who_may_present import ActorRule, CallerRules
from tests.issuer import BRIDGE_CLIENT


def policy(state_dir: Path, **variables: str) -> ActorPolicy:
    environment = read_environment({"STATE_DIR": str(state_dir), **variables})
    return services.api_configuration(environment).policy


def test_without_any_variable_only_machines_are_refused(tmp_path: Path) -> None:
    assert policy(tmp_path) == ActorPolicy()
    assert ActorPolicy() == ActorPolicy(
        trusted_actors=frozenset(),
        require_delegation=False,
        allow_machines=False,
        allowed_organizations=frozenset(),
        actor_rule=ActorRule.ENFORCE,
    )


def test_all_actor_policy_variables_are_read(tmp_path: Path) -> None:
    assert policy(
        tmp_path,
        API_TRUSTED_ACTORS="bridge, agt_1 ,https://client.example/metadata",
        API_REQUIRE_DELEGATION="true",
        API_ALLOW_MACHINES="yes",
        API_ALLOWED_ORGANIZATIONS="org_acme",
        TOKEN_ACTOR_RULE="record",
    ) == ActorPolicy(
        trusted_actors=frozenset({"bridge", "agt_1", "https://client.example/metadata"}),
        require_delegation=True,
        allow_machines=True,
        allowed_organizations=frozenset({"org_acme"}),
        actor_rule=ActorRule.RECORD,
    )


def test_both_services_share_the_actor_rule_but_not_the_rule_for_machines(tmp_path: Path) -> None:
    def callers(**variables: str) -> CallerRules:
        return services.bridge_configuration(read_environment({"STATE_DIR": str(tmp_path), **variables})).caller_rules

    assert callers() == callers(API_ALLOW_MACHINES="true") == CallerRules()
    assert callers(MCP_ALLOW_MACHINES="true") == CallerRules(allow_machines=True)
    assert callers(TOKEN_ACTOR_RULE="record") == CallerRules(actor_rule=ActorRule.RECORD)
    assert not policy(tmp_path, MCP_ALLOW_MACHINES="true").allow_machines


@pytest.mark.parametrize("value", ["off", "Record", "false"])
def test_the_actor_rule_must_be_one_of_two_words(tmp_path: Path, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^TOKEN_ACTOR_RULE must be enforce or record"):
        policy(tmp_path, TOKEN_ACTOR_RULE=value)


@pytest.mark.parametrize("name", ["API_TRUSTED_ACTORS", "API_ALLOWED_ORGANIZATIONS"])
@pytest.mark.parametrize(
    "value",
    [",", " , ,", "*", "a,*", "two words", "x" * 256, "a,b\nc", "\u00a0", "\u3000 ", "\u200b", "a,\u2800", "a\u200bb"],
)
def test_a_misleading_list_is_refused(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        policy(tmp_path, **{name: value})
    assert str(refused.value).startswith(name)
    assert str(refused.value).count(". ") == 1  # one sentence, and where to set it
    assert "two words" not in str(refused.value)


@pytest.mark.parametrize("name", ["API_REQUIRE_DELEGATION", "API_ALLOW_MACHINES"])
def test_a_flag_must_be_true_or_false(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} must be true or false"):
        policy(tmp_path, **{name: "maybe"})


@given(st.text())
def test_any_list_is_names_or_refused_in_one_sentence(value: str) -> None:
    sentence = ""
    names: tuple[str, ...] = ()
    try:
        names = Variables({"API_TRUSTED_ACTORS": value})(API_TRUSTED_ACTORS)
    except ImproperlyConfigured as error:
        sentence = str(error)
    assert sentence.startswith("API_TRUSTED_ACTORS ") or bool(names) == bool(value.strip())


@pytest.mark.parametrize(
    ("rules", "ids"),
    [
        (ActorPolicy(), []),
        (ActorPolicy(allow_machines=True), []),
        (ActorPolicy(require_delegation=True, trusted_actors=frozenset({BRIDGE_CLIENT})), []),
        (ActorPolicy(trusted_actors=frozenset({BRIDGE_CLIENT})), ["W001"]),
        (ActorPolicy(require_delegation=True, trusted_actors=frozenset({"other"})), ["W002"]),
        (ActorPolicy(require_delegation=True, allow_machines=True), ["W003"]),
        (ActorPolicy(allowed_organizations=frozenset({"org"}), allow_machines=True), ["W004"]),
        (ActorPolicy(actor_rule=ActorRule.RECORD), ["W005"]),
        (
            ActorPolicy(frozenset({"other"}), allow_machines=True, allowed_organizations=frozenset({"org"})),
            ["W001", "W002", "W004"],
        ),
    ],
)
def test_contradictory_settings_cause_a_warning(rules: ActorPolicy, ids: list[str]) -> None:
    configuration = api_configuration()
    found = contradictions(replace(configuration, policy=rules, bridge_client_ids=frozenset({BRIDGE_CLIENT})))
    assert [each.id for each in found] == [f"obo_drf.{number}" for number in ids]
    assert all(each.hint for each in found)


def test_without_a_configured_bridge_client_there_is_no_warning() -> None:
    rules = ActorPolicy(require_delegation=True, trusted_actors=frozenset({"other"}))
    configuration = api_configuration()
    assert contradictions(replace(configuration, policy=rules, bridge_client_ids=frozenset())) == []
