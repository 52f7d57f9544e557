"""The page that explains a token: it exists only in development, and keeps nothing of what was pasted."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from on_behalf_of.audit.models import DelegatedAccess, RefusedTokens
from on_behalf_of.audit.refused_tokens import refused_tokens
from tests.browser import fits, launched
from tests.groups import AXE
from tests.issuer import BRIDGE_AUDIENCE, Issuer

PAGE = "/explain"


@pytest.fixture
def client(api: APIClient, settings: Settings) -> Client:
    settings.DEBUG = True
    return Client(enforce_csrf_checks=True)


def post(client: Client, settings: Settings, token: str, service: str = "api") -> Any:
    client.get(PAGE)
    cookie = client.cookies[settings.CSRF_COOKIE_NAME].value
    return client.post(PAGE, {"token": token, "as": service, "csrfmiddlewaretoken": cookie})


@pytest.mark.parametrize(
    ("service", "verdict"),
    [
        ("api", "The API refuses this token: wrong_audience (aud)."),
        ("bridge", "The bridge accepts this token."),
        ("nonsense", "The API refuses this token: wrong_audience (aud)."),
    ],
)
def test_the_page_explains_as_the_command_does(
    client: Client, settings: Settings, issuer: Issuer, service: str, verdict: str
) -> None:
    answer = post(client, settings, issuer.token(aud=BRIDGE_AUDIENCE), service)
    assert answer.status_code == 200
    assert verdict in answer.content.decode()
    assert "no-store" in answer.headers["Cache-Control"]


def test_without_debug_there_is_no_explain_page(client: Client, settings: Settings, issuer: Issuer) -> None:
    settings.DEBUG = False
    for answer in (client.get(PAGE), post_without_csrf(issuer)):
        assert answer.status_code == 404
        assert "Explain" not in answer.content.decode()


def post_without_csrf(issuer: Issuer) -> Any:
    return Client().post(PAGE, {"token": issuer.token()})


def test_a_form_from_another_site_is_refused(client: Client, issuer: Issuer) -> None:
    assert client.post(PAGE, {"token": issuer.token()}).status_code == 403


def test_the_token_is_not_stored_logged_shown_or_read_from_the_url(
    client: Client, settings: Settings, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    refused_tokens.cache_clear()
    for token in (issuer.token(), issuer.token(exp=1), "opaque-s3cret", "<script>alert(1)</script>"):
        page = post(client, settings, token).content.decode()
        for part in token.split("."):
            assert part[:24] not in page
            assert part[:24] not in caplog.text
        assert "Explain a token" in page
        assert "<h2" not in client.get(PAGE, {"token": token}).content.decode()
    refused_tokens().flush()
    assert not DelegatedAccess.objects.exists()
    assert not RefusedTokens.objects.exists()
    assert list(client.cookies) == [settings.CSRF_COOKIE_NAME]


def test_only_in_development_does_the_home_page_link_to_it(client: Client, settings: Settings) -> None:
    assert f'href="{PAGE}"' in client.get("/").content.decode()
    settings.DEBUG = False
    assert PAGE not in client.get("/").content.decode()


@pytest.fixture
def browser(transactional_db: None, configure: Any, settings: Settings, live_server: LiveServer) -> Iterator[Browser]:
    settings.DEBUG = True
    # Last of the fixtures: while Playwright's event loop runs in this thread, Django refuses to use the database in it.
    with launched() as browser:
        yield browser


def complaining(complaints: list[str]) -> Callable[[ConsoleMessage], None]:
    return lambda message: complaints.append(message.text)


@pytest.mark.browser
def test_in_a_browser_the_page_fits_and_is_accessible(
    browser: Browser, live_server: LiveServer, issuer: Issuer
) -> None:
    hostile = {"act": {"sub": "\u202e<b>" + "x" * 200}, "note": "y" * 3_000, "z" * 300: [1]}
    tokens = [issuer.delegated_token(), issuer.token(exp=1, aud=BRIDGE_AUDIENCE), issuer.token(**hostile)]
    for scheme, width in (("light", 1200), ("dark", 360)):
        with closing(browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})) as context:  # type: ignore[arg-type] # a Literal
            page = context.new_page()
            complaints: list[str] = []
            page.on("console", complaining(complaints))
            page.goto(live_server.url + PAGE)
            for number, token in enumerate(tokens):
                page.get_by_label("Access token").fill(token)
                with page.expect_navigation():
                    page.get_by_role("button", name="Explain").click()
                expect(page.get_by_role("heading", name="What it says")).to_be_visible()
                expect(page.get_by_label("Access token")).to_have_value("")
                assert fits(page)
                if folder := os.environ.get("SCREENSHOTS"):
                    page.screenshot(path=f"{folder}/explain-{scheme}-{number}.png", full_page=True)
            assert complaints == []
            if AXE.exists():
                page.evaluate(AXE.read_text())
                found = page.evaluate("axe.run()")["violations"]
                assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []
