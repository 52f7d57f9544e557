"""The pytest fixtures at the reference API: real tokens, real rows, and no socket."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.drf.configuration import api_configuration
from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.testing import FakeIssuer, Flaw, Recording, assert_recorded, on_behalf_of_client, recording, trusting
from tests.issuer import API_AUDIENCE
from tests.rooms import configure

PRIVATE = "/api/private-scope"


@pytest.fixture(autouse=True)
def offline_api(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reference API, in a process where every connection fails."""

    def refuse(*_args: Any) -> None:
        raise AssertionError("a socket was connected")

    settings.ROOT_URLCONF = "config.api.urls"
    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_client_calls_on_behalf_of_a_user_and_is_recorded(
    obo_client: Callable[..., APIClient], obo_recording: Recording
) -> None:
    client = obo_client(subject="auth0|bob", actor="bridge", scopes=["read:private"], organization="org_acme")
    answer = client.get(PRIVATE)
    assert answer.json()["subject"] == "auth0|bob"
    row = obo_recording.assert_recorded(
        subject="auth0|bob",
        actor="bridge",
        actor_chain=["bridge", "user-client"],
        organization="org_acme",
        scopes=["read:private"],
        path=PRIVATE,
        status=200,
        decision="allowed",
        issuer=api_configuration().token_rules.issuer,
    )
    assert row.request_id == answer.headers["X-Request-ID"]
    assert assert_recorded(subject="auth0|bob") == row


def test_a_refusal_is_asserted_by_its_reason(obo_client: Callable[..., APIClient], obo_recording: Recording) -> None:
    client = obo_client(subject="auth0|bob", actor="bridge", scopes=["read:private"])
    assert client.post("/api/notes/", {"title": "x"}, format="json").status_code == 403
    obo_recording.assert_recorded(reason="insufficient_scope", scopes_required=["write:private"])


@pytest.mark.parametrize("flaw", Flaw)
def test_a_bad_token_is_refused_and_leaves_no_row(obo_issuer: FakeIssuer, obo_recording: Recording, flaw: Flaw) -> None:
    token = obo_issuer.bad_token(flaw, scopes=["read:private"])
    answer = APIClient().get(PRIVATE, HTTP_AUTHORIZATION=f"Bearer {token}")
    assert (answer.status_code, answer.json()["reason"]) == (401, flaw.reason)
    obo_recording.assert_nothing_recorded()


def test_machine_tokens_can_be_tested_too(
    obo_issuer: FakeIssuer, obo_token: Callable[..., str], obo_recording: Recording
) -> None:
    assert obo_token().count(".") == 2
    token = obo_issuer.machine_token("cron", scopes=["read:private"])
    assert APIClient().get(PRIVATE, HTTP_AUTHORIZATION=f"Bearer {token}").status_code == 403
    obo_recording.assert_recorded(client_id="cron", reason="machine_not_allowed")


def test_only_the_issuer_changes_and_for_both_services(obo_issuer: FakeIssuer, settings: Settings) -> None:
    assert (obo_issuer.url, obo_issuer.audience) == (settings.ENVIRONMENT.issuer, API_AUDIENCE)
    assert api_configuration().key_fetching.given_keys == obo_issuer.public_keys()
    assert bridge_configuration().key_fetching.given_keys == obo_issuer.public_keys()
    assert api_configuration().resource == settings.ON_BEHALF_OF["API"].resource


def test_a_test_can_change_other_settings_too(settings: Settings, obo_client: Callable[..., APIClient]) -> None:
    """Set up after `settings` or before it, the fixture shares its stack, so both end as they began."""
    configure(settings, AUDIT=settings.ON_BEHALF_OF["AUDIT"])
    assert obo_client(subject="a", actor="b", scopes=["read:private"]).get(PRIVATE).status_code == 200


def test_after_the_test_the_tenant_is_trusted_again() -> None:
    before = api_configuration()
    with trusting() as issuer:
        assert api_configuration() != before
        assert issuer.url == before.token_rules.issuer
    assert api_configuration() == before


@pytest.mark.django_db
def test_without_pytests_fixtures_there_are_context_managers() -> None:
    with trusting(FakeIssuer("https://other.example/", API_AUDIENCE)) as issuer, recording() as recorded:
        client = on_behalf_of_client(issuer, subject="auth0|bob", actor=None, scopes=["read:private"])
        assert client.get(PRIVATE).status_code == 200
    recorded.assert_recorded(issuer="https://other.example/", actor="")
