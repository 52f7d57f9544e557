"""The redirect from the tenant's pages to the client, in a real browser, with callbacks that redirect further."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.browser import PATIENCE, log_in
from tests.services.running import Running
from tests.services.test_pages_in_a_browser import CHALLENGE

pytestmark = pytest.mark.browser
EDITOR = "cursor://anysphere.cursor-mcp/oauth/callback"


class Callback:
    """A client's callback that redirects the browser to another origin, as those of hosted clients do."""

    def __init__(self, port: int, then: str) -> None:
        self.url = f"http://127.0.0.1:{port}/callback"
        self.then = then
        self.answers: list[dict[str, str]] = []


@contextmanager
def listening(handle: Any) -> Iterator[int]:
    """A server whose GET `handle` answers; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            handle(self)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def callback() -> Iterator[Callback]:
    def arrive(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "text/html")
        request.end_headers()
        request.wfile.write(b"<!doctype html><title>Signed in</title><link rel=icon href=data:,><h1>Signed in</h1>")

    def go_on(request: BaseHTTPRequestHandler) -> None:
        there.answers.append(dict(parse_qsl(urlsplit(request.path).query)))
        request.send_response(302)
        request.send_header("Location", there.then)
        request.end_headers()

    with listening(arrive) as last, listening(go_on) as first:
        there = Callback(first, f"http://localhost:{last}/signed-in")
        yield there


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab in a new browser context. If a policy blocks a navigation, the console says so."""
    with closing(browser.new_context(java_script_enabled=request.param)) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        yield page
        assert [text for text in complaints if "Content Security Policy" in text] == []


@pytest.fixture(scope="module")
def client_id(services: Running, callback: Callback) -> str:
    """A client that registered itself, with both of its callbacks."""
    document = {
        "client_name": "A client",
        "redirect_uris": [callback.url, EDITOR],
        "token_endpoint_auth_method": "none",
    }
    return str(requests.post(f"{services.issuer}/oidc/register", json=document, timeout=10).json()["client_id"])


def authorize_url(services: Running, client_id: str, redirect_uri: str, **changes: str) -> str:
    return f"{services.issuer}/authorize?" + urlencode(
        {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "scope": "tool:whoami",
            "resource": services.mcp,
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
    )


def enter(page: Page, url: str) -> None:
    page.goto(url)
    log_in(page, page.get_by_label("E-mail"), as_="admin@example.com", password="admin-demo")


@pytest.mark.parametrize(("button", "answer"), [("Allow", "code"), ("Cancel", "error")])
def test_a_callback_that_redirects_again_is_reached(
    page: Page, services: Running, callback: Callback, client_id: str, button: str, answer: str
) -> None:
    """CSP 3 §6.4.2: form-action applies to each redirect after a form, including the client's own."""
    enter(page, authorize_url(services, client_id, callback.url))
    page.get_by_role("button", name=button).click()
    page.wait_for_url(callback.then, timeout=PATIENCE)
    expect(page.get_by_role("heading", name="Signed in")).to_be_visible()
    assert answer in callback.answers[-1]
    assert callback.answers[-1]["state"] == "s"


def test_a_refusal_right_after_the_login_page_is_reached_too(
    page: Page, services: Running, callback: Callback, client_id: str
) -> None:
    enter(page, authorize_url(services, client_id, callback.url, resource=f"{services.api}/"))
    page.wait_for_url(callback.then, timeout=PATIENCE)
    assert callback.answers[-1]["error"] == "access_denied"


def test_the_tenants_url_is_not_sent_to_the_client(
    page: Page, services: Running, callback: Callback, client_id: str
) -> None:
    """RFC 9700 §4.2.4: no referrer, which would hold the request."""
    enter(page, authorize_url(services, client_id, callback.url))
    with page.expect_request(lambda request: request.url == callback.then) as last:
        page.get_by_role("button", name="Allow").click()
    assert "referer" not in last.value.all_headers()


@pytest.mark.parametrize(("button", "answer"), [("Allow", "code="), ("Cancel", "error=access_denied")])
def test_an_editor_is_reached_by_its_own_scheme(
    page: Page, services: Running, client_id: str, button: str, answer: str
) -> None:
    """RFC 8252 §7.1. No application handles the URL here; the request for it shows that no policy blocked it."""
    enter(page, authorize_url(services, client_id, EDITOR))
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    asked_for: list[str] = []
    session.on("Network.requestWillBeSent", lambda event: asked_for.append(event["request"]["url"]))
    with page.expect_response(lambda response: response.request.method == "POST") as left:
        page.get_by_role("button", name=button).click()
    location = left.value.headers["location"]
    assert location.startswith(f"{EDITOR}?")
    assert answer in location
    while location not in asked_for:  # the test's own time limit ends this
        page.wait_for_timeout(10)


@pytest.mark.parametrize("length", [1_000, 2_000, 4_000, 8_000, 16_000])
@pytest.mark.parametrize("button", ["Allow", "Cancel"])
def test_a_long_state_is_returned_unchanged(
    browser: Browser, services: Running, callback: Callback, client_id: str, length: int, button: str
) -> None:
    """RFC 6749 §4.1.2. Once through the login page, once with the session that it made."""
    state = ('{"back": "/a?b=c&d=%20", "ü": [1]}' * length)[:length]
    url = authorize_url(services, client_id, callback.url, state=state)
    with closing(browser.new_context()) as context:
        page = context.new_page()
        enter(page, url)
        for _ in range(2):
            page.get_by_role("button", name=button).click()
            page.wait_for_url(callback.then, timeout=PATIENCE)
            assert callback.answers.pop()["state"] == state
            page.goto(url)
        page.get_by_role("link", name="Use another account").click()
        log_in(page, page.get_by_label("E-mail"), as_="admin@example.com", password="admin-demo")
        expect(page.get_by_role("button", name=button)).to_be_visible()


def test_a_state_that_is_too_long_is_an_error_at_the_client(
    browser: Browser, services: Running, callback: Callback, client_id: str
) -> None:
    state = '"' * 16_000  # each takes three characters of the URL, and five where that stands in another
    with closing(browser.new_context()) as context:
        page = context.new_page()
        page.goto(authorize_url(services, client_id, callback.url, state=state))
        assert page.url == callback.then
    assert callback.answers[-1]["error"] == "invalid_request"
    assert callback.answers[-1]["state"] == state
