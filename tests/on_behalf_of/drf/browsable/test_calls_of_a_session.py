"""A session can do only what its token can (RFC 6750 §3.1), and its calls are recorded like a bearer's."""

import time
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from downstream_api.models import Note
from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.actor_policy import ActorPolicy
from on_behalf_of.drf.configuration import ApiConfiguration, api_configuration
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import FORM, Person
from tests.on_behalf_of.drf.conftest import bearer
from tests.rooms import configure

COLUMNS = ("issuer", "subject", "client_id", "actor", "actor_chain", "token_id", "scopes", "scopes_required", "method",
           "path", "route", "status", "decision", "reason")  # fmt: skip


def last_row() -> dict[str, Any]:
    row = DelegatedAccess.objects.order_by("pk").last()
    return {name: getattr(row, name) for name in COLUMNS}


def test_a_session_call_is_recorded_like_a_bearer_call(person: Person, api: APIClient, issuer: Issuer) -> None:
    token = issuer.delegated_token()
    person.log_in(token)
    for path in ("/api/private-scope", "/api/notes/"):
        by_session = person.get(path, headers={"Accept": "application/json"})
        row = last_row()
        by_bearer = api.get(path, **bearer(token))
        assert by_session.json() == by_bearer.json()
        assert row == last_row()


NOTE = "/api/notes/b5f3c1a2-0000-4000-8000-000000000000/"


@pytest.mark.parametrize("scope", ["", "read:private", "write:private", "openid"])
def test_a_session_can_do_only_what_its_token_can(person: Person, api: APIClient, issuer: Issuer, scope: str) -> None:
    """Every operation, by the same token both ways."""
    token = issuer.token(scope=scope)
    person.log_in(token)
    headers = {"Accept": "application/json", "X-CSRFToken": person.csrf_token()}
    for path, methods in {"/api/private-scope": "GET POST", "/api/notes/": "GET POST HEAD OPTIONS PUT",
                          NOTE: "GET PUT PATCH DELETE"}.items():  # fmt: skip
        for method in methods.split():
            by_session = person.client.generic(method, path, "{}", "application/json", headers=headers)
            row = last_row()
            by_bearer = api.generic(method, path, "{}", "application/json", **bearer(token))
            assert (by_session.status_code, by_session.content, row) == (
                by_bearer.status_code,
                by_bearer.content,
                last_row(),
            )


def test_a_missing_scope_is_refused_as_for_a_bearer(person: Person, api: APIClient, issuer: Issuer) -> None:
    token = issuer.token(scope="read:private")
    person.log_in(token)
    refused = person.post("/api/notes/", {"title": "Milk"}, headers={"Accept": "application/json"})
    row = last_row()
    as_bearer = api.post("/api/notes/", {"title": "Milk"}, format="json", **bearer(token))
    assert (refused.status_code, refused.json(), refused["WWW-Authenticate"]) == (
        as_bearer.status_code,
        as_bearer.json(),
        as_bearer["WWW-Authenticate"],
    )
    assert row == last_row()
    assert (row["reason"], row["decision"], row["status"]) == ("insufficient_scope", "refused", 403)
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    "policy",
    [
        ActorPolicy(require_delegation=True),
        ActorPolicy(allowed_organizations=frozenset({"org_1"})),
    ],
)
def test_the_actor_policy_applies_to_session_tokens(
    person: Person, pages: ApiConfiguration, settings: Settings, policy: ActorPolicy
) -> None:
    person.log_in()
    configure(settings, API=replace(pages, policy=policy))
    page = person.get("/api/notes/")
    assert page.status_code == 403
    assert last_row()["reason"] in page.content.decode()
    assert last_row()["decision"] == "refused"
    again = person.come_back(person.allow(person.begin()))  # such a token is not even kept
    assert again.status_code == 403
    assert (last_row()["route"], last_row()["decision"]) == ("/login/callback", "refused")


def test_an_expired_token_is_dropped_and_the_user_must_log_in_again(
    person: Person, issuer: Issuer, pages: ApiConfiguration, settings: Settings
) -> None:
    person.log_in(issuer.token(exp=int(time.time()) - 5))  # which the leeway forgives
    assert person.get("/api/notes/").status_code == 200
    configure(settings, API=replace(pages, token_rules=replace(pages.token_rules, leeway=0)))
    page = person.get("/api/notes/")
    assert page.status_code == 401
    assert 'error="invalid_token"' in page["WWW-Authenticate"]
    for text in ("token_expired", "Log in again", "/login?next=%2Fapi%2Fnotes%2F&amp;scope=read%3Aprivate"):
        assert text in page.content.decode()
    assert "api_access_token" not in person.client.session
    assert "token_expired" not in person.get("/api/notes/").content.decode()


def test_a_token_whose_key_was_withdrawn_is_dropped(person: Person, issuer: Issuer, settings: Settings) -> None:
    person.log_in()
    issuer.rotate("second")
    del issuer.keys[0]
    # As in a new process.
    configure(settings, API=replace(api_configuration(), bridge_client_ids=frozenset({"another"})))
    answer = person.get("/api/notes/", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "unknown_key")
    assert "api_access_token" not in person.client.session


def test_while_keys_are_unavailable_the_token_is_kept(person: Person, issuer: Issuer, settings: Settings) -> None:
    person.log_in()
    issuer.answers["/.well-known/openid-configuration"] = (500, b"")
    working = api_configuration()
    configure(settings, API=replace(working, bridge_client_ids=frozenset({"another"})))
    page = person.get("/api/notes/")
    assert page.status_code == 503
    assert "Try again in a moment" in page.content.decode()
    configure(settings, API=working)
    assert person.get("/api/notes/").status_code == 200


def test_a_token_sealed_with_another_key_is_ignored(
    person: Person, pages: ApiConfiguration, settings: Settings
) -> None:
    person.log_in()
    assert pages.login
    configure(settings, API=replace(pages, login=replace(pages.login, session_key=bytes(32))))
    assert person.get("/api/notes/").status_code == 401
    configure(settings, API=pages)
    assert person.get("/api/notes/").status_code == 401


@pytest.mark.parametrize("header", ["Bearer x.y.z", "Bearer", "Basic dTpw", ""])
def test_an_authorization_header_overrides_the_session(person: Person, issuer: Issuer, header: str) -> None:
    person.log_in()
    answer = person.get("/api/notes/", headers={"Authorization": header, "Accept": "application/json"})
    assert answer.status_code in {400, 401}
    bob = issuer.token(sub="auth0|bob")
    mixed = person.get("/api/private-scope", headers={"Authorization": f"Bearer {bob}", "Accept": "application/json"})
    assert mixed.json()["subject"] == "auth0|bob"


def test_a_token_in_the_query_is_refused_even_with_a_session(person: Person) -> None:
    person.log_in()
    answer = person.get("/api/notes/?access_token=x", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "token_in_query")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
@pytest.mark.parametrize("token", [None, "x" * 32, "ä"])
def test_a_change_without_a_csrf_token_is_refused_and_recorded(
    person: Person, issuer: Issuer, method: str, token: str | None
) -> None:
    person.log_in(issuer.token(scope="read:private write:private"))
    headers = {"Accept": "application/json"} | ({"X-CSRFToken": token} if token else {})
    answer = getattr(person.client, method)(
        "/api/notes/" if method == "post" else "/api/notes/b5f3c1a2-0000-4000-8000-000000000000/",
        '{"title": "Milk"}',
        content_type="application/json",
        headers=headers,
    )
    assert (answer.status_code, answer.json()["reason"]) == (403, "csrf_failed")
    assert (last_row()["reason"], last_row()["decision"], last_row()["subject"]) == (
        "csrf_failed", "refused", "auth0|alice")  # fmt: skip
    assert not Note.objects.exists()


def test_a_form_from_another_site_is_refused(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private write:private"))
    refused = person.client.post("/api/notes/", "title=Milk", content_type=FORM)
    assert refused.status_code == 403
    assert "csrf_failed" in refused.content.decode()
    from_elsewhere = person.post("/api/notes/", {"title": "Milk"}, headers={"Origin": "https://evil.example"})
    assert from_elsewhere.status_code == 403
    assert not Note.objects.exists()


def test_a_pages_script_may_send_json_with_the_csrf_token(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private write:private"))
    answer = person.client.post(
        "/api/notes/",
        '{"title": "Milk"}',
        content_type="application/json",
        headers={"X-CSRFToken": person.csrf_token(), "Accept": "application/json"},
    )
    assert answer.status_code == 201


def test_answers_to_a_session_are_never_cached(person: Person) -> None:
    person.log_in()
    for accept in ("application/json", "text/html"):
        answer = person.get("/api/notes/", headers={"Accept": accept})
        assert answer["Cache-Control"] == "private, no-store"
        assert "Cookie" in answer["Vary"]


def test_a_call_without_cookies_needs_no_session(api: APIClient, pages: ApiConfiguration, issuer: Issuer) -> None:
    """No session is looked up or created for programs."""
    token = issuer.token()
    api.get("/api/private-scope", **bearer(token))
    with connection.execute_wrapper(_no_sessions):
        answer = api.get("/api/private-scope", **bearer(token))
        assert api.get("/api/private-scope").status_code == 401
    assert answer.status_code == 200
    assert answer.cookies == {}
    assert "Cookie" not in answer["Vary"]


def _no_sessions(execute: Any, sql: str, *rest: Any) -> Any:
    assert "django_session" not in sql
    return execute(sql, *rest)


def test_a_cookie_without_a_session_is_anonymous(person: Person) -> None:
    for value in ("x", "a" * 32, "\x00", "ä" * 40):
        person.client.cookies["api_session"] = value
        assert person.get("/api/notes/").status_code == 401
