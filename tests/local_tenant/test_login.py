import base64
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_tenant.models import TenantUser
from local_tenant.views.login import is_local
from tests.local_tenant.flow import ADMIN, USER, Browser, answer_at_client, authorize_url

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\\\evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    " https://evil.example/",
    "/\t/evil.example",
]


@pytest.mark.parametrize("back", ELSEWHERE)
def test_the_login_page_does_not_redirect_to_other_sites(browser: Browser, back: str) -> None:
    """RFC 9700 §4.11: no open redirector."""
    assert browser.log_in(USER, back=back)["Location"] == "/"


def test_the_login_page_redirects_to_paths_of_this_site(browser: Browser) -> None:
    assert browser.log_in(USER, back="/authorize?x=1")["Location"] == "/authorize?x=1"


def test_a_wrong_password_is_refused_without_details(browser: Browser) -> None:
    known = browser.log_in((USER[0], "wrong")).content.decode()
    unknown = browser.log_in(("nobody@example.com", "wrong")).content.decode()
    assert "The e-mail address or the password is wrong." in known
    assert "The e-mail address or the password is wrong." in unknown
    assert "tenant_session" not in browser.http.cookies


def test_the_e_mail_address_is_case_insensitive(browser: Browser) -> None:
    assert browser.log_in(("User@Example.com", USER[1])).status_code == 302


def test_guessing_is_slowed_down(browser: Browser) -> None:
    for _ in range(10):
        browser.log_in((USER[0], "guess"))
    assert browser.log_in(USER).status_code == 429
    assert browser.log_in(ADMIN).status_code == 302  # others are not held up


def test_an_inactive_user_can_neither_log_in_nor_continue(browser: Browser) -> None:
    browser.log_in(USER)
    assert browser.http.get(authorize_url()).status_code == 200
    TenantUser.objects.filter(email=USER[0]).update(is_active=False)
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert browser.log_in(USER).status_code == 200


def test_a_new_password_ends_the_users_sessions(browser: Browser) -> None:
    browser.log_in(USER)
    user = TenantUser.objects.get(email=USER[0])
    user.set_password("another")
    user.save()
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert browser.log_in((USER[0], "another")).status_code == 302


def test_logging_out_needs_a_form_not_a_link(browser: Browser) -> None:
    browser.log_in(USER)
    page = browser.http.get("/logout")
    assert USER[0] in page.content.decode()
    assert browser.http.get(authorize_url()).status_code == 200
    token = browser.http.cookies["tenant_csrf"].value
    assert browser.http.post("/logout", {"csrfmiddlewaretoken": token})["Location"] == "/"
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert "not logged in" in browser.http.get("/logout").content.decode()


def test_only_forms_that_lead_to_a_client_may_redirect_to_other_sites(browser: Browser) -> None:
    """CSP 3 §6.4.2: Chromium applies form-action to every redirect after a form, including the client's own."""

    def holds_forms(response: Any) -> bool:
        policy = response["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        return "form-action 'self'" in policy

    def login_page(back: str) -> Any:
        return browser.http.get("/login?" + urlencode({"next": back}))

    assert not holds_forms(login_page(authorize_url()))
    assert not holds_forms(login_page(authorize_url(resource=None)))  # the client is told the error
    assert holds_forms(login_page(authorize_url(client_id="nobody")))
    assert holds_forms(login_page(authorize_url(redirect_uri="http://[::1]:6274/cb")))
    assert holds_forms(login_page(authorize_url().replace("/authorize", "/logout")))
    assert holds_forms(login_page("/"))
    browser.log_in(USER)
    assert not holds_forms(browser.http.get(authorize_url()))
    assert holds_forms(browser.http.get("/logout"))


STATES = {
    "plain": lambda length: "s" * length,
    "JSON in base64url": lambda length: base64.urlsafe_b64encode(b'{"to": "/a?"}' * length)[:length].decode(),
    "JSON": lambda length: ('{"back": "/a?b=c&d=%20", "ü": [1]}' * length)[:length],
}


@pytest.mark.parametrize("length", [1_000, 2_000, 4_000, 8_000, 16_000])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_login_survives_a_long_state(browser: Browser, state: Callable[[int], str], length: int) -> None:
    """RFC 6749 §4.1.2: the client gets exactly the state that it sent."""
    url = authorize_url(state=state(length))
    login_url = browser.http.get(url)["Location"]
    (back,) = parse_qs(urlsplit(login_url).query)["next"]
    assert browser.log_in(USER, back=back)["Location"] == back
    answer = answer_at_client(browser.consent(back))
    assert answer["code"]
    assert answer["state"] == state(length)
    assert answer_at_client(browser.consent(url, decision="deny"))["state"] == state(length)


def test_a_state_that_is_too_long_for_the_login_page_is_returned_at_once(browser: Browser) -> None:
    """RFC 6749 §4.1.2.1: the error carries the state, with or without a login."""
    url = authorize_url(state='"' * 16_000)
    for _ in range(2):
        answer = answer_at_client(browser.http.get(url))
        assert answer["error"] == "invalid_request"
        assert "state" in answer["error_description"]
        assert answer["state"] == '"' * 16_000
        browser.log_in(USER)


@given(st.text(alphabet="/\\.:@?#&%= \t\r\nahtps\u3000\u202e\xa0", max_size=12))
def test_any_accepted_next_is_a_path_of_this_site(value: str) -> None:
    """WHATWG URL §4.4: browsers strip tabs and newlines, and read a backslash as a slash."""
    if is_local(value):
        assert re.match(r"/(?![/\\])", re.sub(r"[\t\r\n]", "", value))


def test_a_login_hint_is_filled_in(browser: Browser) -> None:
    page = browser.http.get("/login?" + urlencode({"next": authorize_url(login_hint="ada@example.com")}))
    assert 'value="ada@example.com"' in page.content.decode()


@pytest.mark.parametrize("path", ["/", "/login", "/logout", "/authorize"])
def test_every_page_says_that_it_is_for_development_and_has_no_inline_code(browser: Browser, path: str) -> None:
    response = browser.http.get(path)
    page = response.content.decode()
    assert "for development only" in page
    assert "default-src 'self'" in response["Content-Security-Policy"]
    for inline in ("<script", "<style", "style=", "onclick", "https://", "//cdn"):
        assert inline not in page
