from typing import Any
from urllib.parse import urlencode

import pytest

from local_tenant.models import TenantUser
from tests.local_tenant.flow import ADMIN, USER, Browser, authorize_url

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
def test_the_login_page_leads_nowhere_else(browser: Browser, back: str) -> None:
    """RFC 9700 §4.11: no open redirector."""
    assert browser.log_in(USER, back=back)["Location"] == "/"


def test_the_login_page_leads_back_to_paths_of_its_own(browser: Browser) -> None:
    assert browser.log_in(USER, back="/authorize?x=1")["Location"] == "/authorize?x=1"


def test_a_wrong_password_says_so_and_no_more(browser: Browser) -> None:
    known = browser.log_in((USER[0], "wrong")).content.decode()
    unknown = browser.log_in(("nobody@example.com", "wrong")).content.decode()
    assert "E-mail or password is wrong." in known
    assert "E-mail or password is wrong." in unknown
    assert "tenant_session" not in browser.http.cookies


def test_the_address_is_not_case_sensitive(browser: Browser) -> None:
    assert browser.log_in(("User@Example.com", USER[1])).status_code == 302


def test_guessing_is_slowed_down(browser: Browser) -> None:
    for _ in range(10):
        browser.log_in((USER[0], "guess"))
    assert browser.log_in(USER).status_code == 429
    assert browser.log_in(ADMIN).status_code == 302  # others are not held up


def test_an_inactive_user_cannot_log_in_nor_go_on(browser: Browser) -> None:
    browser.log_in(USER)
    assert browser.http.get(authorize_url()).status_code == 200
    TenantUser.objects.filter(email=USER[0]).update(is_active=False)
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert browser.log_in(USER).status_code == 200


def test_a_new_password_ends_the_sessions(browser: Browser) -> None:
    browser.log_in(USER)
    user = TenantUser.objects.get(email=USER[0])
    user.set_password("another")
    user.save()
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert browser.log_in((USER[0], "another")).status_code == 302


def test_logging_out_takes_a_form_not_a_link(browser: Browser) -> None:
    browser.log_in(USER)
    page = browser.http.get("/logout")
    assert USER[0] in page.content.decode()
    assert browser.http.get(authorize_url()).status_code == 200
    token = browser.http.cookies["tenant_csrf"].value
    assert browser.http.post("/logout", {"csrfmiddlewaretoken": token})["Location"] == "/"
    assert browser.http.get(authorize_url())["Location"].startswith("/login")
    assert "not logged in" in browser.http.get("/logout").content.decode()


def test_forms_may_lead_to_the_clients_redirect_uri_and_nowhere_else(browser: Browser) -> None:
    """CSP 3 §6.4.2: form-action holds for redirects that follow a form, too."""

    def allowed(response: Any) -> str:
        directives: list[str] = [part.strip() for part in response["Content-Security-Policy"].split(";")]
        return next(part for part in directives if part.startswith("form-action"))

    def login_page(**changes: str | None) -> Any:
        return browser.http.get("/login?" + urlencode({"next": authorize_url(**changes)}))

    expected = "form-action 'self' http://localhost:6274"
    assert allowed(login_page()) == expected
    assert allowed(login_page(resource=None)) == expected  # where the error goes
    assert allowed(login_page(client_id="nobody")) == "form-action 'self'"
    assert allowed(login_page(redirect_uri="http://[::1]:6274/cb")) == "form-action 'self'"
    browser.log_in(USER)
    assert allowed(browser.http.get(authorize_url())) == expected


def test_a_login_hint_is_filled_in(browser: Browser) -> None:
    page = browser.http.get("/login?" + urlencode({"next": authorize_url(login_hint="ada@example.com")}))
    assert 'value="ada@example.com"' in page.content.decode()


@pytest.mark.parametrize("path", ["/", "/login", "/logout", "/authorize"])
def test_every_page_says_that_it_is_for_development_and_holds_nothing_inline(browser: Browser, path: str) -> None:
    response = browser.http.get(path)
    page = response.content.decode()
    assert "for development only" in page
    assert "default-src 'self'" in response["Content-Security-Policy"]
    for inline in ("<script", "<style", "style=", "onclick", "https://", "//cdn"):
        assert inline not in page
