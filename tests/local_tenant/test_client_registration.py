from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from oauth2_provider.models import Application

from local_tenant.models import ClientGrant
from tests.local_tenant.flow import (
    ADMIN,
    API,
    BRIDGE,
    Browser,
    answer_at_client,
    authorize_url,
    error,
    redeem,
    verified,
)

INSPECTOR = {
    "client_name": "MCP Inspector",
    "redirect_uris": ["http://localhost:6274/oauth/callback"],
    "token_endpoint_auth_method": "none",
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "scope": "tool:whoami",
    "client_uri": "https://example.com/",
}


def register(body: Any) -> Any:
    return Client().post("/oidc/register", body, content_type="application/json")


def test_a_public_client_registers_and_gets_no_secret(tenant: None) -> None:
    """RFC 7591 §3.2.1."""
    response = register(INSPECTOR)
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    body = response.json()
    assert body["client_id"]
    assert "client_secret" not in body
    assert body["client_id_issued_at"] > 0
    for name in ("client_name", "redirect_uris", "token_endpoint_auth_method", "grant_types", "response_types"):
        assert body[name] == INSPECTOR[name]


def test_a_registered_client_logs_users_in_for_the_bridge(browser: Browser) -> None:
    client_id = register(INSPECTOR).json()["client_id"]
    claims = verified(browser.access_token(client_id=client_id), BRIDGE)
    assert claims["client_id"] == client_id
    assert claims["scope"] == "tool:whoami tool:greet"


def test_the_consent_page_warns_about_an_unverified_name(browser: Browser) -> None:
    client_id = register(INSPECTOR | {"client_name": "<b>Your bank</b>"}).json()["client_id"]
    browser.log_in(ADMIN)
    page = browser.http.get(authorize_url(client_id=client_id)).content.decode()
    assert "not verified" in page
    assert "&lt;b&gt;Your bank" in page


def test_a_registered_client_gets_no_token_for_other_apis(browser: Browser) -> None:
    client_id = register(INSPECTOR).json()["client_id"]
    browser.log_in(ADMIN)
    assert answer_at_client(browser.http.get(authorize_url(client_id=client_id, resource=API)))["error"] == (
        "access_denied"
    )


def test_a_clients_own_grant_overrides_the_default_one(browser: Browser) -> None:
    client_id = register(INSPECTOR).json()["client_id"]
    default = ClientGrant.objects.get(application=None)
    own = ClientGrant.objects.create(application=Application.objects.get(client_id=client_id), api=default.api)
    own.permissions.set(default.permissions.filter(value="tool:greet"))
    assert browser.tokens(client_id=client_id)["scope"] == "tool:greet"


def test_a_confidential_client_gets_a_secret_that_it_must_use(browser: Browser) -> None:
    body = register({"redirect_uris": INSPECTOR["redirect_uris"]}).json()
    assert body["token_endpoint_auth_method"] == "client_secret_basic"  # RFC 7591 §2, the default
    assert body["client_secret_expires_at"] == 0
    assert not {"+", "%"} & set(body["client_secret"])
    code = browser.code(client_id=body["client_id"])
    assert error(redeem(code, client_id=body["client_id"])) == (401, "invalid_client")
    assert redeem(code, client_id=body["client_id"], client_secret=body["client_secret"]).status_code == 200


def test_an_empty_secret_never_authenticates_a_public_client(tenant: None) -> None:
    application = Application.objects.get(client_id=register(INSPECTOR).json()["client_id"])
    assert application.client_secret


# As these two introduce themselves, and where their users come back to.
EDITORS = {
    "VS Code": (
        ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/",
         "http://127.0.0.1:33418/"],
        "http://127.0.0.1:59656/",  # RFC 8252 §7.3: any port of loopback, for theirs may be taken
    ),
    "Cursor": (["cursor://anysphere.cursor-mcp/oauth/callback"], "cursor://anysphere.cursor-mcp/oauth/callback"),
}  # fmt: skip


@pytest.mark.parametrize(("registered", "used"), EDITORS.values(), ids=EDITORS)
def test_editors_log_users_in_and_receive_the_redirect(browser: Browser, registered: list[str], used: str) -> None:
    body = register(INSPECTOR | {"client_name": "An editor", "redirect_uris": registered}).json()
    browser.log_in(ADMIN)
    url = authorize_url(client_id=body["client_id"], redirect_uri=used)
    answer = browser.consent(url)
    assert answer["Location"].startswith(f"{used}?")
    code = parse_qs(urlsplit(answer["Location"]).query)["code"][0]
    assert redeem(code, client_id=body["client_id"], redirect_uri=used).status_code == 200


BAD = {
    "no redirect": ({"redirect_uris": []}, "invalid_redirect_uri"),
    "http elsewhere": ({"redirect_uris": ["http://example.com/cb"]}, "invalid_redirect_uri"),
    "unknown application": ({"redirect_uris": ["calculator://example.com/cb"]}, "invalid_redirect_uri"),
    "no host of an editor": ({"redirect_uris": ["cursor:callback"]}, "invalid_redirect_uri"),
    "script": ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    "fragment": ({"redirect_uris": ["https://example.com/#x"]}, "invalid_redirect_uri"),
    "user info": ({"redirect_uris": ["https://a@example.com/"]}, "invalid_redirect_uri"),
    "two in one": ({"redirect_uris": ["https://a.example/ https://b.example/"]}, "invalid_redirect_uri"),
    "no port": ({"redirect_uris": ["http://localhost:99999/"]}, "invalid_redirect_uri"),
    "no URL": ({"redirect_uris": ["https://[oops"]}, "invalid_redirect_uri"),
    "wildcard": ({"redirect_uris": ["https://*.example.com/"]}, "invalid_redirect_uri"),
    "too many": ({"redirect_uris": [f"https://example.com/{n}" for n in range(21)]}, "invalid_redirect_uri"),
    "too long": ({"redirect_uris": ["https://example.com/" + "x" * 2000]}, "invalid_redirect_uri"),
    "NUL": ({"redirect_uris": ["https://example.com/\x00"]}, "invalid_client_metadata"),
    "numbers": ({"redirect_uris": [1]}, "invalid_client_metadata"),
    "no list": ({"redirect_uris": "https://example.com/"}, "invalid_client_metadata"),
    "implicit": ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
    "exchange": ({"grant_types": ["urn:ietf:params:oauth:grant-type:token-exchange"]}, "invalid_client_metadata"),
    "token": ({"response_types": ["token"]}, "invalid_client_metadata"),
    "jwt": ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    "odd method": ({"token_endpoint_auth_method": {}}, "invalid_client_metadata"),
    "long name": ({"client_name": "x" * 101}, "invalid_client_metadata"),
    "odd name": ({"client_name": 5}, "invalid_client_metadata"),
    "NUL in the name": ({"client_name": "a\x00b"}, "invalid_client_metadata"),
    "half a character": ({"client_name": "\ud800"}, "invalid_client_metadata"),
}


@pytest.mark.parametrize(("changes", "code"), BAD.values(), ids=BAD)
def test_bad_metadata_is_refused(db: None, changes: dict[str, Any], code: str) -> None:
    """RFC 7591 §3.2.2."""
    before = Application.objects.count()
    assert error(register(INSPECTOR | changes)) == (400, code)
    assert Application.objects.count() == before


@pytest.mark.parametrize("number", [0, 21, 5_000])
def test_too_many_redirect_uris_are_refused_with_that_reason(db: None, number: int) -> None:
    """RFC 7591 §3.2.2: the error names the actual problem."""
    response = register(INSPECTOR | {"redirect_uris": [f"https://example.com/{n}" for n in range(number)]})
    assert error(response) == (400, "invalid_redirect_uri")
    assert response.json()["error_description"] == f"redirect_uris must hold 1 to 20 URIs, not {number}."


def test_the_maximum_number_of_redirect_uris_is_registered(db: None) -> None:
    uris = [f"https://example.com/{n}" for n in range(20)]
    assert register(INSPECTOR | {"redirect_uris": uris}).json()["redirect_uris"] == uris
