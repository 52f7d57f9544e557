"""For machines and actors, explain_token says what the API and the bridge answer."""

from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.resource_server.who_may_present import ActorRule, CallerRules
from tests import rooms
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, Issuer
from tests.on_behalf_of.diagnosis.explanation.conftest import explain_token

AUDIENCES = {"api": API_AUDIENCE, "bridge": BRIDGE_AUDIENCE}
NAMES = {"api": "The API", "bridge": "The bridge"}
MACHINE: dict[str, Any] = {"sub": "robot", "client_id": "robot"}
STRANGER: dict[str, Any] = {"act": {"sub": "service-account-7"}}


@pytest.mark.parametrize("service", AUDIENCES)
def test_refused_machines_and_foreign_actors_are_explained_with_the_setting(
    configure: Any, issuer: Issuer, service: str
) -> None:
    machine = explain_token(issuer.token(aud=AUDIENCES[service], **MACHINE), "--as", service)
    assert machine.verdict == f"{NAMES[service]} refuses this token: machine_not_allowed (sub)."
    assert "MCP_ALLOW_MACHINES" in machine.remedy
    stranger = explain_token(issuer.token(aud=AUDIENCES[service], **STRANGER), "--as", service)
    assert stranger.verdict == f"{NAMES[service]} refuses this token: actor_not_client (act)."
    assert 'act names "service-account-7"' in stranger.remedy
    assert "TOKEN_ACTOR_RULE=record" in stranger.remedy


def test_both_faults_are_named_at_once(configure: Any, issuer: Issuer) -> None:
    said = explain_token(issuer.token(aud=BRIDGE_AUDIENCE, **MACHINE, **STRANGER), "--as", "bridge")
    assert "[machine_not_allowed: sub]" in said.text
    assert "[actor_not_client: act]" in said.text


def test_if_a_setting_admits_them_the_explanation_says_so(configure: Any, issuer: Issuer, settings: Settings) -> None:
    rules = CallerRules(allow_machines=True, actor_rule=ActorRule.RECORD)
    rooms.configure(settings, MCP=replace(bridge_configuration(), caller_rules=rules))
    configure(allow_machines=True, actor_rule=ActorRule.RECORD)
    for service, audience in AUDIENCES.items():
        said = explain_token(issuer.token(aud=audience, **MACHINE, **STRANGER), "--as", service)
        assert (said.code, said.verdict) == (0, f"{NAMES[service]} accepts this token.")
