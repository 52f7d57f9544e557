import pytest
from django.test import Client

from tests.local_tenant.flow import Browser, redeem

ORIGIN = {"Origin": "http://localhost:6274"}
ENDPOINTS = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
    "/.well-known/jwks.json",
    "/oauth/token",
    "/oauth/revoke",
    "/oidc/register",
    "/userinfo",
]


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_preflight_is_answered(http: Client, path: str) -> None:
    """Fetch §4.8: the Inspector sends JSON bodies, Authorization and MCP-Protocol-Version from its page."""
    response = http.options(
        path,
        headers={
            **ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, mcp-protocol-version",
        },
    )
    assert response.status_code == 204
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Headers"] == "*, Authorization"
    assert response["Access-Control-Allow-Methods"] in {"GET", "POST", "GET, POST"}
    assert "Access-Control-Allow-Credentials" not in response


@pytest.mark.parametrize("path", ENDPOINTS)
def test_pages_may_read_every_answer_including_errors(http: Client, path: str) -> None:
    response = http.post(path, "{}", content_type="application/json", headers=ORIGIN)
    assert response.status_code >= 400
    assert response["Access-Control-Allow-Origin"] == "*"


def test_a_page_can_redeem_its_code(browser: Browser) -> None:
    response = redeem(browser.code())
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"


def test_other_origins_cannot_read_the_tenants_pages(http: Client) -> None:
    for path in ("/", "/login", "/authorize"):
        assert "Access-Control-Allow-Origin" not in http.get(path, headers=ORIGIN)
