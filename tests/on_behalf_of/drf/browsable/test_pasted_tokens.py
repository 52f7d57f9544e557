"""A pasted token is verified before it is stored, with the same reasons and records as a bearer token."""

from dataclasses import replace

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.configuration import ApiConfiguration
from tests.issuer import BRIDGE_AUDIENCE, BRIDGE_CLIENT, Issuer, rsa_key
from tests.on_behalf_of.drf.browsable.person import Person
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure


def test_a_delegated_token_is_stored_and_its_chain_is_shown(person: Person, issuer: Issuer) -> None:
    token = issuer.delegated_token(custom="</pre><script>")
    kept = person.post("/login/paste", {"token": f"Bearer {token[:40]}\r\n{token[40:]} ", "next": "/api/private-scope"})
    assert (kept.status_code, kept["Location"]) == (302, "/api/private-scope")
    page = person.get("/login/token").content.decode()
    for text in (BRIDGE_CLIENT, "inspector", "auth0|alice", "read:private", "4 minutes", "&lt;/pre&gt;&lt;script&gt;"):
        assert text in page
    assert all(part not in page for part in token.split("."))
    row = DelegatedAccess.objects.get()
    assert (row.actor, row.route, row.method, row.decision) == (BRIDGE_CLIENT, "/login/paste", "POST", "allowed")
    assert person.get("/api/private-scope", headers={"Accept": "application/json"}).json()["actor_chain"] == [
        {"sub": BRIDGE_CLIENT},
        {"sub": "inspector"},
    ]


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("token_expired", {"exp": 1}),
        ("wrong_audience", {"aud": BRIDGE_AUDIENCE}),
        ("wrong_issuer", {"iss": "https://another.example/"}),
        ("bound_token", {"cnf": {"jkt": "x"}}),
        ("malformed_actor", {"act": "x"}),
        ("machine_not_allowed", {"sub": "inspector"}),
    ],
)
def test_a_refused_token_is_refused_with_the_reason_that_a_bearer_gets(
    person: Person, api: APIClient, issuer: Issuer, reason: str, changes: dict[str, object]
) -> None:
    token = issuer.token(**changes)
    as_bearer = api.get("/api/private-scope", **bearer(token))
    page = person.post("/login/paste", {"token": token})
    assert as_bearer.json()["reason"] == reason
    assert (page.status_code, page["WWW-Authenticate"]) == (as_bearer.status_code, as_bearer["WWW-Authenticate"])
    assert f"<code>{reason}</code>" in page.content.decode()
    assert token not in page.content.decode()
    assert person.get("/api/private-scope").status_code == 401
    rows = DelegatedAccess.objects.filter(reason=reason, decision="refused").values_list("route", flat=True)
    assert set(rows) == ({"/api/private-scope", "/login/paste"} if page.status_code == 403 else set())


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "ä.ö.ü", "\x00", "a" * 20_000, "<script>"])
def test_a_value_that_is_not_a_token_is_refused(person: Person, text: str) -> None:
    page = person.post("/login/paste", {"token": text})
    assert page.status_code == 401
    assert "<code>not_a_jwt</code>" in page.content.decode() or "<code>token_too_long</code>" in page.content.decode()


def test_a_token_signed_by_another_issuer_is_refused(person: Person, issuer: Issuer) -> None:
    forged = issuer.sign(issuer.claims(), key=rsa_key("foreign"), kid=issuer.token().split(".")[0])
    assert "<code>unknown_key</code>" in person.post("/login/paste", {"token": forged}).content.decode()


def test_a_refused_token_does_not_replace_a_good_one(person: Person, issuer: Issuer) -> None:
    person.log_in()
    person.post("/login/paste", {"token": issuer.token(exp=1)})
    assert person.get("/api/private-scope").status_code == 200


def test_if_delegation_is_required_a_pasted_delegated_token_works_and_a_login_does_not(
    person: Person, issuer: Issuer, pages: ApiConfiguration, settings: Settings
) -> None:
    configure(settings, API=replace(pages, policy=ActorPolicy(require_delegation=True)))
    assert "through token exchange" in person.come_back(person.allow(person.begin())).content.decode()
    assert person.post("/login/paste", {"token": issuer.delegated_token()}).status_code == 302
    assert person.get("/api/private-scope").status_code == 200


def test_a_token_can_be_pasted_only_into_our_own_form(person: Person, issuer: Issuer) -> None:
    assert person.client.post("/login/paste", {"token": issuer.token()}).status_code == 403
    assert person.get("/login/paste").status_code == 405


def test_while_keys_are_unavailable_no_pasted_token_is_stored(person: Person, issuer: Issuer) -> None:
    issuer.answers["/.well-known/openid-configuration"] = (500, b"")
    page = person.post("/login/paste", {"token": issuer.token()})
    assert page.status_code == 503
    assert "cannot be reached" in page.content.decode()
