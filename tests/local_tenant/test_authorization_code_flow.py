import time

import jwt
import pytest
from django.test import Client
from oauth2_provider.models import AccessToken, Grant

from tests.local_tenant.flow import (
    ADMIN,
    API,
    BRIDGE,
    CALLBACK,
    CLIENT_ID,
    ISSUER,
    USER,
    Browser,
    answer_at_client,
    authorize_url,
    error,
    hidden,
    redeem,
    verified,
)


def test_a_user_who_is_not_logged_in_is_sent_to_the_login_page_and_back(browser: Browser) -> None:
    url = authorize_url()
    to_login = browser.http.get(url)
    assert to_login.status_code == 302
    assert to_login["Location"].startswith("/login?next=%2Fauthorize")
    assert browser.log_in(USER, back=url)["Location"].startswith("/authorize?")


def test_the_consent_page_names_client_api_scopes_and_user(browser: Browser) -> None:
    browser.log_in(USER)
    page = browser.http.get(authorize_url()).content.decode()
    for expected in ("Manual client", "MCP bridge", BRIDGE, "Show who you are", "tool:whoami", "Uli User", USER[0]):
        assert expected in page
    assert "Use another account" in page
    assert "not included" in page  # tool:greet, which a Tool User may not


def test_a_code_comes_back_with_state_and_issuer(browser: Browser) -> None:
    """RFC 6749 §4.1.2, RFC 9207 §2."""
    browser.log_in(ADMIN)
    response = browser.consent(authorize_url())
    assert response["Location"].startswith(CALLBACK + "?")
    answer = answer_at_client(response)
    assert answer["state"] == "the-state"
    assert answer["iss"] == ISSUER
    assert len(answer["code"]) >= 40


def test_the_access_token_is_a_signed_jwt_for_the_requested_api(browser: Browser) -> None:
    """RFC 9068 §2."""
    token = browser.tokens()
    claims = verified(token["access_token"], BRIDGE)
    header = jwt.get_unverified_header(token["access_token"])
    assert header["typ"] == "at+jwt"
    assert claims["iss"] == ISSUER
    assert claims["sub"] == "auth0|local-admin"
    assert claims["aud"] == BRIDGE
    assert claims["client_id"] == CLIENT_ID
    assert claims["scope"] == token["scope"] == "tool:whoami tool:greet"
    assert claims["permissions"] == ["tool:greet", "tool:notes", "tool:whoami"]
    assert claims["jti"]
    assert claims["exp"] - claims["iat"] == token["expires_in"] == 3600
    assert abs(claims["iat"] - time.time()) < 10
    assert "act" not in claims
    assert "org_id" not in claims
    assert token["token_type"] == "Bearer"
    assert set(token) == {"access_token", "token_type", "expires_in", "scope"}


def test_tokens_and_codes_are_stored_hashed(browser: Browser) -> None:
    """RFC 9700 §4: stored tokens cannot be used."""
    token = browser.access_token()
    assert list(AccessToken.objects.values_list("token", flat=True)) == [""]
    assert token not in str(AccessToken.objects.values())
    assert not Grant.objects.exists()


def test_a_code_works_once(browser: Browser) -> None:
    """RFC 6749 §4.1.2: the client must not use the code more than once."""
    code = browser.code()
    assert redeem(code).status_code == 200
    assert error(redeem(code)) == (400, "invalid_grant")


def test_a_code_needs_its_verifier(browser: Browser) -> None:
    """RFC 7636 §4.6."""
    code = browser.code()
    assert error(redeem(code, code_verifier="another-verifier-that-is-longer-than-43-characters")) == (
        400,
        "invalid_grant",
    )
    assert error(redeem(code, code_verifier="")) == (400, "invalid_request")
    assert redeem(code).status_code == 200


def test_a_code_is_bound_to_client_and_redirect_uri(browser: Browser) -> None:
    """RFC 6749 §4.1.3."""
    code = browser.code()
    assert error(redeem(code, redirect_uri="http://127.0.0.1:6276/oauth/callback"))[0] == 400
    assert error(redeem(code, client_id="somebody-else")) == (401, "invalid_client")


def test_a_code_cannot_be_turned_into_a_token_for_another_api(browser: Browser) -> None:
    """RFC 8707 §2.2: invalid_target."""
    code = browser.code()
    assert error(redeem(code, resource=API)) == (400, "invalid_target")
    assert redeem(code, resource=BRIDGE).status_code == 200


def test_the_user_can_deny_consent(browser: Browser) -> None:
    browser.log_in(ADMIN)
    answer = answer_at_client(browser.consent(authorize_url(), decision="deny"))
    assert answer["error"] == "access_denied"
    assert answer["state"] == "the-state"
    assert answer["iss"] == ISSUER
    assert not Grant.objects.exists()


def test_consent_without_the_consent_page_is_refused(browser: Browser) -> None:
    """A form that another site submits has no CSRF token."""
    browser.log_in(ADMIN)
    response = browser.http.post(authorize_url(), {"decision": "allow", "shown": "tool:whoami"})
    assert response.status_code == 403
    assert "try again" in response.content.decode()
    assert not Grant.objects.exists()


def test_nothing_is_granted_that_the_page_did_not_show(browser: Browser) -> None:
    browser.log_in(USER)
    url = authorize_url(scope="tool:whoami")
    form = {
        "csrfmiddlewaretoken": hidden(browser.http.get(url), "csrfmiddlewaretoken"),
        "shown": "tool:whoami tool:greet tool:notes read:private",
        "decision": "allow",
    }
    code = answer_at_client(browser.http.post(url, form))["code"]
    assert redeem(code).json()["scope"] == "tool:whoami"


def test_consent_is_requested_every_time(browser: Browser) -> None:
    """RFC 6749 §10.2: a public client's identity is not assured, so consent is never skipped."""
    browser.tokens()
    assert browser.http.get(authorize_url()).status_code == 200


def test_openid_adds_an_id_token_and_the_userinfo_audience(browser: Browser) -> None:
    """OpenID Connect Core §2, §3.1.3.6."""
    token = browser.tokens(scope="openid profile email tool:whoami", nonce="n-0S6_WzA2Mj")
    claims = verified(token["id_token"], CLIENT_ID)
    assert claims["sub"] == "auth0|local-admin"
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert (claims["name"], claims["email"], claims["email_verified"]) == ("Ada Admin", "admin@example.com", True)
    assert {"auth_time", "at_hash", "iat", "exp"} <= set(claims)
    assert jwt.get_unverified_header(token["id_token"])["typ"] == "JWT"
    assert verified(token["access_token"], BRIDGE)["aud"] == [BRIDGE, f"{ISSUER}userinfo"]


def test_an_id_token_holds_only_what_was_granted(browser: Browser) -> None:
    claims = verified(browser.tokens(scope="openid")["id_token"], CLIENT_ID)
    assert not {"name", "email", "nonce"} & set(claims)


def test_the_user_can_switch_accounts_during_the_login(browser: Browser) -> None:
    browser.log_in(USER)
    url = authorize_url(prompt="login")
    to_login = browser.http.get(url)
    assert to_login["Location"].startswith("/login?")
    assert "prompt" not in to_login["Location"]  # or it would be asked for ever
    browser.log_in(ADMIN)
    assert "Ada Admin" in browser.http.get(authorize_url()).content.decode()


def test_prompt_none_shows_no_page(browser: Browser) -> None:
    """OpenID Connect Core §3.1.2.6."""
    url = authorize_url(prompt="none")
    assert answer_at_client(browser.http.get(url))["error"] == "login_required"
    browser.log_in(USER)
    assert answer_at_client(browser.http.get(url))["error"] == "consent_required"


def test_logging_in_changes_the_session_key(browser: Browser) -> None:
    browser.http.get("/login")
    browser.log_in(USER)
    first = browser.http.cookies["tenant_session"].value
    browser.log_in(ADMIN)
    assert browser.http.cookies["tenant_session"].value != first


def test_an_audience_parameter_does_the_same_as_resource(browser: Browser) -> None:
    assert verified(browser.access_token(resource=None, audience=API, scope="read:private"), API)["aud"] == API


@pytest.mark.parametrize("spelling", [BRIDGE, f"{BRIDGE}/", API, API.rstrip("/")])
def test_a_resource_is_the_same_with_and_without_its_trailing_slash(browser: Browser, spelling: str) -> None:
    """RFC 3986 §6.2.3; the token names the API by its identifier nevertheless."""
    identifier = BRIDGE if spelling.startswith(BRIDGE) else API
    token = browser.access_token(resource=spelling, scope="tool:whoami read:private")
    assert verified(token, identifier)["aud"] == identifier


def test_any_port_on_loopback_is_accepted(browser: Browser) -> None:
    """RFC 8252 §7.3, §8.3."""
    for host in ("localhost", "127.0.0.1"):
        uri = f"http://{host}:51234/callback"
        browser.log_in(ADMIN)
        response = browser.consent(authorize_url(redirect_uri=uri))
        assert response["Location"].startswith(uri)
        assert redeem(answer_at_client(response)["code"], redirect_uri=uri).status_code == 200


def test_the_token_answer_is_not_cached(browser: Browser) -> None:
    """RFC 6749 §5.1."""
    response = redeem(browser.code())
    assert response["Cache-Control"] == "no-store"
    assert response["Content-Type"] == "application/json"


def test_json_bodies_are_accepted_too(browser: Browser) -> None:
    body = {
        "grant_type": "authorization_code",
        "code": browser.code(),
        "redirect_uri": CALLBACK,
        "client_id": CLIENT_ID,
        "code_verifier": "a-code-verifier-that-is-longer-than-43-characters-in-all",
    }
    assert Client().post("/oauth/token", body, content_type="application/json").status_code == 200
