import html

import pytest
from model_bakery import baker
from oauth2_provider.models import Application

from tests.local_tenant.flow import API, ISSUER, USER, Browser, answer_at_client, authorize_url

REFUSED_TO_CLIENT = {
    "no response_type": ({"response_type": None}, "invalid_request"),
    "implicit flow": ({"response_type": "token"}, "unsupported_response_type"),
    "no PKCE": ({"code_challenge": None}, "invalid_request"),
    "plain PKCE": ({"code_challenge_method": "plain"}, "invalid_request"),
    "PKCE without method, which means plain": ({"code_challenge_method": None}, "invalid_request"),
    "a challenge that is no SHA-256": ({"code_challenge": "short"}, "invalid_request"),
    "fragment mode": ({"response_mode": "fragment"}, "invalid_request"),
    "no API": ({"resource": None}, "invalid_target"),
    "unknown API": ({"resource": "http://localhost:1/"}, "invalid_target"),
    "resource with fragment": ({"resource": "http://localhost:3001/#x"}, "invalid_target"),
    "resource that is no URL": ({"resource": "http://[oops"}, "invalid_target"),
    "two different APIs": ({"audience": API}, "invalid_target"),
    "scope with quotes": ({"scope": 'tool:whoami "x"'}, "invalid_scope"),
    "scope that is not ASCII": ({"scope": "tööl"}, "invalid_scope"),
    "long nonce": ({"nonce": "n" * 256}, "invalid_request"),
    "request object": ({"request": "e30.e30."}, "request_not_supported"),
    "request object by reference": ({"request_uri": "https://example.com/r"}, "request_not_supported"),
    "unknown prompt": ({"prompt": "create"}, "invalid_request"),
    "prompt none with another": ({"prompt": "none login"}, "invalid_request"),
    "unknown organization": ({"organization": "org_nope"}, "invalid_request"),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED_TO_CLIENT.values(), ids=REFUSED_TO_CLIENT)
def test_errors_of_a_known_client_are_sent_back_to_it(
    browser: Browser, changes: dict[str, str | None], code: str
) -> None:
    """RFC 6749 §4.1.2.1; RFC 9207 §2: errors carry iss as well."""
    answer = answer_at_client(browser.http.get(authorize_url(**changes)))
    assert answer["error"] == code
    assert answer["error_description"]
    assert answer["state"] == "the-state"
    assert answer["iss"] == ISSUER


REFUSED_HERE = {
    "no client": {"client_id": None},
    "unknown client": {"client_id": "nobody"},
    "unregistered redirect": {"redirect_uri": "https://evil.example/callback"},
    "another path": {"redirect_uri": "http://localhost:6274/oauth/callback/x"},
    "another host on loopback": {"redirect_uri": "http://127.0.0.2:6274/oauth/callback"},
    "with user info": {"redirect_uri": "http://x@localhost:6274/oauth/callback"},
    "with fragment": {"redirect_uri": "http://localhost:6274/oauth/callback#x"},
    "no URL": {"redirect_uri": "http://[oops"},
    "bad port": {"redirect_uri": "http://localhost:99999999/callback"},
    "several to choose from": {"redirect_uri": None},
    "script": {"redirect_uri": "javascript:alert(1)"},
}


@pytest.mark.parametrize("changes", REFUSED_HERE.values(), ids=REFUSED_HERE)
def test_nothing_is_sent_to_an_unknown_client(browser: Browser, changes: dict[str, str | None]) -> None:
    """RFC 6749 §4.1.2.1: inform the user, and do not redirect."""
    response = browser.http.get(authorize_url(**changes))
    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")
    assert "That did not work" in response.content.decode()


FORGETTING = {
    "Claude Code and mcpc": ("http://localhost:54212/callback", {"claude mcp logout", "mcpc logout"}),
    "Codex": ("http://127.0.0.1:1455/callback/Zm9v_bar-123", {"codex mcp logout"}),
    "Cursor": ("cursor://anysphere.cursor-mcp/oauth/callback", {"In its settings for MCP, choose Logout"}),
    "Cursor's own port": (
        "http://localhost:8787/callback",
        {"In its settings for MCP, choose Logout", "claude mcp logout", "mcpc logout"},
    ),
    "Gemini CLI and mcp-remote": (
        "http://localhost:7777/oauth/callback",
        {"~/.gemini/mcp-oauth-tokens.json", "~/.mcp-auth"},
    ),
    "mcp-remote": ("http://127.0.0.1:3334/oauth/callback", {"~/.mcp-auth"}),
    "MCP Inspector": ("http://localhost:6274/oauth/callback/debug", {"~/.mcp-inspector"}),
    "OpenCode": ("http://127.0.0.1:19876/mcp/oauth/callback", {"opencode mcp logout"}),
    "VS Code": ("http://127.0.0.1:33418/", {"Remove Dynamic Authentication Providers"}),
    "VS Code in a browser": ("https://vscode.dev/redirect", {"Remove Dynamic Authentication Providers"}),
}
EVERY_WAY = set[str]().union(*(ways for _, ways in FORGETTING.values()))


@pytest.mark.parametrize(("redirect_uri", "ways"), FORGETTING.values(), ids=FORGETTING)
def test_an_unknown_client_gets_advice_on_forgetting_its_login(
    browser: Browser, redirect_uri: str, ways: set[str]
) -> None:
    response = browser.http.get(authorize_url(client_id="of-yesterday", redirect_uri=redirect_uri))
    page = html.unescape(response.content.decode())
    assert response.status_code == 400
    assert "does not know the client" in page
    assert "log out of the MCP server" in page
    assert "of-yesterday" in page
    assert {way for way in EVERY_WAY if way in page} == ways


@pytest.mark.parametrize("redirect_uri", [None, "https://claude.example/callback", "<script>", "http://[", "x" * 5_000])
def test_if_the_redirect_uri_gives_no_hint_all_advice_is_shown(browser: Browser, redirect_uri: str | None) -> None:
    url = authorize_url(client_id="<b>" + "c" * 3_000, redirect_uri=redirect_uri)
    page = browser.http.get(url).content.decode()
    assert "&lt;b&gt;c" in page
    assert "c" * 300 not in page
    assert {way for way in EVERY_WAY if way in html.unescape(page)} == EVERY_WAY


def test_the_only_registered_redirect_uri_may_be_left_out(browser: Browser) -> None:
    """RFC 6749 §3.1.2.3."""
    Application.objects.filter(client_id="local-manual-client").update(redirect_uris="http://localhost:1234/only?x=1")
    response = browser.http.get(authorize_url(redirect_uri=None, response_type=None))
    assert response["Location"].startswith("http://localhost:1234/only?x=1&error=invalid_request")


def test_a_client_without_a_grant_for_the_api_is_refused(browser: Browser) -> None:
    baker.make(
        Application,
        client_id="no-grants",
        redirect_uris="http://localhost/cb",
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        client_type=Application.CLIENT_PUBLIC,
    )
    browser.log_in(USER)
    response = browser.http.get(authorize_url(client_id="no-grants", redirect_uri="http://localhost/cb"))
    assert answer_at_client(response)["error"] == "access_denied"


def test_a_client_of_another_grant_type_is_refused(browser: Browser) -> None:
    Application.objects.filter(client_id="bridge-client").update(redirect_uris="http://localhost/cb")
    response = browser.http.get(authorize_url(client_id="bridge-client", redirect_uri="http://localhost/cb"))
    assert answer_at_client(response)["error"] == "unauthorized_client"


def test_an_iss_in_the_redirect_uri_is_replaced_by_the_tenants(browser: Browser) -> None:
    """RFC 9207 §2: one iss, ours."""
    uri = "http://localhost:1234/cb?iss=http://evil.example&x=1"
    Application.objects.filter(client_id="local-manual-client").update(redirect_uris=uri)
    location = browser.http.get(authorize_url(redirect_uri=uri, response_type=None))["Location"]
    assert location.count("iss=") == 1
    assert "evil" not in location
    assert "x=1" in location


def test_other_methods_are_not_supported(browser: Browser) -> None:
    assert browser.http.delete(authorize_url(), headers={"X-CSRFToken": "x"}).status_code in {403, 405}
    assert browser.http.head(authorize_url()).status_code == 302
