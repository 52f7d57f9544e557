"""A login that fails: the page shows one clear sentence, and nothing of what was sent."""

import json
import logging
from dataclasses import replace

import pytest
from pytest_django import Settings

from on_behalf_of.drf.configuration import ApiConfiguration
from tests.issuer import Issuer
from tests.on_behalf_of.drf.browsable.person import Person
from tests.rooms import configure

DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("access_denied", "was cancelled"),
        ("login_required", "log in there first"),
        ("invalid_scope", "does not know one of the requested scopes"),
        ("unauthorized_client", "allow it the authorization code grant"),
        ("made_up", "refused the login (made_up)"),
        ("<script>alert(1)</script>", "refused the login (unknown)"),
    ],
)
def test_an_error_of_the_tenant_is_shown_in_our_words(
    person: Person, issuer: Issuer, error: str, sentence: str
) -> None:
    """RFC 6749 §4.1.2.1."""
    request = person.begin()
    description = "<img src=x onerror=alert(2)>\u202e" + "long " * 500
    response = person.come_back(
        {"error": error, "error_description": description, "state": request["state"], "iss": issuer.url}
    )
    page = response.content.decode()
    assert response.status_code == 400
    assert sentence in page
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert page.count("long ") < 50


def test_an_error_with_a_foreign_state_is_not_shown(person: Person) -> None:
    """Anybody can write a link, so our page does not repeat its content."""
    response = person.come_back({"error": "access_denied", "error_description": "Call 555-0100", "state": "x"})
    assert response.status_code == 400
    assert "555-0100" not in response.content.decode()


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((400, b'{"error": "invalid_grant", "error_description": "<b>"}'), "did not accept the code"),
        ((401, b'{"error": "invalid_client"}'), "API_LOGIN_CLIENT_ID"),
        ((400, b'{"error": ["x"]}'), "(unknown)"),
        ((500, b"<h1>oops</h1>"), "cannot be read (status 500)"),
        ((302, b"{}"), "(unknown)"),
        ((200, b"[]"), "cannot be read"),
        ((200, b'{"access_token": "a.b.c", "token_type": "DPoP"}'), "not a Bearer token"),
        ((200, b'{"token_type": "Bearer"}'), "no access token"),
        ((200, b'{"access_token": "a b", "token_type": "Bearer"}'), "no access token"),
        ((200, b'{"access_token": "' + b"a" * 2_000_000 + b'"}'), "more than 1048576 bytes"),
    ],
)
def test_a_token_response_without_a_token_is_reported(
    person: Person, issuer: Issuer, answer: tuple[int, bytes], sentence: str
) -> None:
    issuer.token_answer = answer
    response = person.come_back(person.allow(person.begin()))
    assert response.status_code == 502
    assert sentence in response.content.decode()
    assert b"<b>" not in response.content
    assert b"<h1>oops" not in response.content
    assert person.get("/api/private-scope").status_code == 401


def test_a_hanging_tenant_is_abandoned_after_the_configured_time(
    person: Person, issuer: Issuer, pages: ApiConfiguration, settings: Settings
) -> None:
    assert pages.login
    configure(settings, API=replace(pages, login=replace(pages.login, timeout=0.3)))
    answer = person.allow(person.begin())
    issuer.is_hanging.set()
    response = person.come_back(answer)
    assert response.status_code == 502
    assert "did not answer within 0.3 seconds" in response.content.decode()


def test_while_the_tenant_is_down_nobody_is_redirected_to_it(person: Person, issuer: Issuer) -> None:
    issuer.answers[DISCOVERY] = (500, b"no")
    response = person.post("/login", {"scope": "read:private"})
    assert response.status_code == 503
    assert "cannot be reached at the moment" in response.content.decode()


def test_a_tenant_without_an_authorization_endpoint_is_reported(person: Person, issuer: Issuer) -> None:
    document = {**issuer.documents()[DISCOVERY], "authorization_endpoint": "javascript:alert(1)"}
    issuer.answers[DISCOVERY] = (200, json.dumps(document).encode())
    response = person.post("/login", {"scope": "read:private"})
    assert response.status_code == 502
    assert "names no authorization_endpoint" in response.content.decode()


def test_an_authorization_endpoint_keeps_its_own_parameters(person: Person, issuer: Issuer) -> None:
    """RFC 6749 §3.1."""
    document = {**issuer.documents()[DISCOVERY], "authorization_endpoint": f"{issuer.url}authorize?tenant=a%26b"}
    issuer.answers[DISCOVERY] = (200, json.dumps(document).encode())
    assert person.begin()["tenant"] == "a&b"


def test_neither_tokens_nor_codes_reach_the_log(
    person: Person, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        request = person.begin()
        token = issuer.token()
        person.come_back(person.allow(request, token))
        person.post("/login/paste", {"token": issuer.token(exp=1)})
        answer = person.allow(person.begin(), token)
        issuer.token_answer = (400, b'{"error": "invalid_grant"}')
        person.come_back(answer)
    logged = caplog.text
    assert "invalid_grant" in logged
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("urllib3"))
    assert all(secret not in ours for secret in (token, token.split(".")[2], "a-code", request["state"]))
