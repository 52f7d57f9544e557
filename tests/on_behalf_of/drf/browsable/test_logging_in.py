"""Authorization code with PKCE at the API's own pages: RFC 6749 §4.1, RFC 7636, RFC 8707, RFC 9207."""

import base64
import hashlib
import re
import time
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connection
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from on_behalf_of.audit.models import DelegatedAccess
from on_behalf_of.drf.browsable.local_path import local_path
from on_behalf_of.drf.configuration import ApiConfiguration
from tests.issuer import API_AUDIENCE, BRIDGE_AUDIENCE, Issuer
from tests.on_behalf_of.drf.browsable.person import ORIGIN, Person
from tests.rooms import configure


def test_the_request_names_client_redirect_uri_api_and_challenge(person: Person) -> None:
    request = person.begin("read:private", "write:private")
    assert request.pop("state")
    assert len(request.pop("code_challenge")) == 43
    assert request == {
        "response_type": "code",
        "client_id": "pages",
        "redirect_uri": f"{ORIGIN}/login/callback",
        "scope": "read:private write:private",
        "code_challenge_method": "S256",
        "audience": API_AUDIENCE,
        "resource": API_AUDIENCE,
    }


def test_an_identifier_that_is_not_a_uri_is_not_sent_as_resource(
    person: Person, pages: ApiConfiguration, settings: Settings
) -> None:
    """RFC 8707 §2."""
    configure(settings, API=replace(pages, token_rules=replace(pages.token_rules, audience="notes-api")))
    request = person.begin()
    assert request["audience"] == "notes-api"
    assert "resource" not in request


def test_a_user_can_choose_another_account_at_the_tenant(person: Person) -> None:
    assert person.begin(another_user="on")["prompt"] == "login"


def test_the_code_is_redeemed_with_its_verifier_and_the_user_returns_to_the_previous_page(
    person: Person, issuer: Issuer
) -> None:
    request = person.begin(back="/api/notes/?page_size=2")
    response = person.come_back(person.allow(request))
    assert (response.status_code, response["Location"]) == (302, "/api/notes/?page_size=2")
    (sent,) = issuer.redeemed
    verifier = hashlib.sha256(sent.pop("code_verifier").encode()).digest()
    assert base64.urlsafe_b64encode(verifier).rstrip(b"=").decode() == request["code_challenge"]
    assert sent == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": request["redirect_uri"],
        "client_id": "pages",
        "resource": API_AUDIENCE,
    }
    assert person.get("/api/notes/?page_size=2").status_code == 200


def test_a_login_is_recorded_with_its_token(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(jti="the-token"))
    row = DelegatedAccess.objects.get()
    assert (row.token_id, row.route, row.decision) == ("the-token", "/login/callback", "allowed")


def test_tokens_in_the_database_are_encrypted(person: Person, issuer: Issuer) -> None:
    token = issuer.token()
    request = person.begin()
    assert request["state"] not in str(stored())
    person.come_back(person.allow(request, token))
    assert len(stored()) == 1
    assert all(part not in str(stored()) for part in token.split("."))


def stored() -> list[dict[str, Any]]:
    return [session.get_decoded() for session in Session.objects.all()]


def test_a_login_changes_the_session_key_and_ends_the_old_one(person: Person) -> None:
    """Session fixation: a planted cookie does not give access."""
    request = person.begin()
    planted = person.session_key()
    person.come_back(person.allow(request))
    assert person.session_key() != planted
    attacker = Client()
    attacker.cookies["api_session"] = planted
    assert attacker.get("/api/private-scope").status_code == 401


def test_a_state_can_be_used_once(person: Person, issuer: Issuer) -> None:
    answer = person.allow(person.begin())
    person.come_back(answer)
    issuer.codes["a-code"] = ("x", issuer.token())
    again = person.come_back(answer)
    assert again.status_code == 400
    assert "was already finished" in again.content.decode()
    assert len(issuer.redeemed) == 1


def test_a_state_is_used_up_by_a_login_that_fails(person: Person, issuer: Issuer) -> None:
    request = person.begin()
    person.come_back({"error": "access_denied", "state": request["state"], "iss": issuer.url})
    assert person.come_back(person.allow(request)).status_code == 400
    assert issuer.redeemed == []


def test_a_state_is_valid_only_in_its_own_session(person: Person, issuer: Issuer) -> None:
    """RFC 6749 §10.12: a link made by somebody else must not log a user in."""
    victim = Person(issuer)
    victim.begin()
    assert victim.come_back(person.allow(person.begin())).status_code == 400
    assert Person(issuer).come_back(person.allow(person.begin())).status_code == 400
    assert issuer.redeemed == []
    assert victim.get("/api/private-scope").status_code == 401


def test_a_state_expires(person: Person, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = person.allow(person.begin())
    later = time.time() + 601
    monkeypatch.setattr(time, "time", lambda: later)
    assert person.come_back(answer).status_code == 400
    assert issuer.redeemed == []


def test_parallel_logins_in_several_tabs_succeed(person: Person) -> None:
    requests = [person.begin(back=f"/api/notes/?page={number}") for number in range(1, 6)]
    assert person.come_back(person.allow(requests[0])).status_code == 400  # the oldest of five is forgotten
    for number in (2, 5, 3):
        assert person.come_back(person.allow(requests[number - 1]))["Location"] == f"/api/notes/?page={number}"


@pytest.mark.parametrize("iss", ["https://another.example/", "", None])
def test_a_response_of_another_issuer_is_refused(person: Person, issuer: Issuer, iss: str | None) -> None:
    """RFC 9207 §2.4: the tenant says that it sends `iss`, so a missing one is a wrong one."""
    answer = person.allow(person.begin()) | {"iss": iss}
    response = person.come_back({name: value for name, value in answer.items() if value is not None})
    assert response.status_code == 400
    assert issuer.redeemed == []


def test_a_repeated_parameter_is_refused(person: Person, issuer: Issuer) -> None:
    """RFC 6749 §3.1."""
    answer = person.allow(person.begin())
    assert person.come_back([*answer.items(), ("code", "another")]).status_code == 400
    assert issuer.redeemed == []


def test_scopes_that_the_tenant_withholds_are_named_when_missing(person: Person, issuer: Issuer) -> None:
    person.log_in(issuer.token(scope="read:private"), "read:private", "write:private")
    assert "Requested, not granted" in person.get("/login/token").content.decode()
    refused = person.post("/api/notes/", {"title": "Milk"}).content.decode()
    assert "the tenant did not grant that" in refused


def test_a_scope_must_be_chosen_and_only_known_ones_are_requested(person: Person) -> None:
    assert "Choose at least one scope" in person.post("/login", {"scope": "admin:all"}).content.decode()
    assert person.begin("admin:all", "write:private")["scope"] == "write:private"


def test_a_token_for_another_api_is_not_stored(person: Person, issuer: Issuer) -> None:
    for token in (issuer.token(aud=BRIDGE_AUDIENCE), issuer.token(exp=1), issuer.token(nonce="n") + "x"):
        response = person.come_back(person.allow(person.begin(), token))
        assert response.status_code == 502
        assert "does not accept" in response.content.decode()
        assert person.get("/api/private-scope").status_code == 401
    assert DelegatedAccess.objects.count() == 0


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "/\t/evil.example", "evil"],
)
def test_a_login_never_leads_to_another_site(person: Person, elsewhere: str) -> None:
    response = person.come_back(person.allow(person.begin(back=elsewhere)))
    assert (response.status_code, response["Location"]) == (302, "/")


@pytest.mark.parametrize("length", [1_000, 2_000, 2_100, 4_000, 6_000])
def test_a_login_returns_to_a_long_url(person: Person, length: int) -> None:
    page = person.get("/api/notes/?" + "x" * length)
    (link,) = set(re.findall(r'href="(/login\?next=[^"]+)"', page.content.decode()))
    form = person.get(unescape(link)).content.decode()
    (back,) = set(re.findall(r'name="next" value="([^"]*)"', form))
    assert back == "/api/notes/?" + "x" * length
    assert person.come_back(person.allow(person.begin(back=back)))["Location"] == back


def test_a_url_that_is_too_long_for_the_login_returns_to_its_path(person: Person) -> None:
    """The URL of the login page stays below what the server reads, 8,192 characters."""
    page = person.get("/api/notes/?" + "%20" * 2_600).content.decode()
    links = set(re.findall(r'href="(/login\?next=[^"]+)"', page))
    assert all("next=%2Fapi%2Fnotes%2F" in link and len(link) < 8_192 for link in links)
    assert links


@examples(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(max_size=50) | st.text(alphabet="/\\:@.a\t\n\r ?#", max_size=12))
def test_every_accepted_local_path_is_local(value: str) -> None:
    path = local_path(value)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isprintable()


def test_a_login_form_from_another_site_is_refused(person: Person) -> None:
    """Login CSRF: a form on another site must not send the browser to the tenant."""
    response = person.client.post("/login", {"scope": "read:private"})
    assert response.status_code == 403
    assert not Session.objects.exists()


def test_a_login_that_cannot_be_recorded_fails(person: Person) -> None:
    """No token is stored in a session without a recorded row."""
    answer = person.allow(person.begin())
    with connection.execute_wrapper(_no_rows_of_the_log):
        response = person.come_back(answer)
        as_json = person.get("/api/public", headers={"Accept": "application/json"})
    assert (response.status_code, response["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "cannot be recorded" in response.content.decode()
    assert as_json.status_code == 200  # nobody is known by it, so there is nothing to record
    assert all("api_access_token" not in held for held in stored())
    assert person.get("/api/private-scope").status_code == 401


def _no_rows_of_the_log(execute: Any, sql: str, *rest: Any) -> Any:
    if sql.startswith("INSERT") and "obo_audit_delegatedaccess" in sql:
        raise OperationalError("disk full")
    return execute(sql, *rest)
