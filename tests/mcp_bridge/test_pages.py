"""The pages around the endpoint: metadata for clients, health, and a home page for people."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from mcp_bridge.tools.registry import TOOLS
from on_behalf_of.mcp.issuer import issuer_keys
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import RunningBridge
from tests.on_behalf_of.mcp.served_bridge import until

WELL_KNOWN = "/.well-known/oauth-protected-resource"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]


@pytest.fixture
def browser(bridge: RunningBridge) -> Iterator[Client]:
    with override_settings(
        ROOT_URLCONF="config.bridge.urls",
        MIDDLEWARE=MIDDLEWARE,
        ON_BEHALF_OF={"MCP": bridge.configuration},
        ALLOWED_HOSTS=["localhost"],
    ):
        yield Client(headers={"Host": "localhost"}, raise_request_exception=False)


@pytest.mark.parametrize("path", ["/mcp//", "/nothing", "/admin/", f"{WELL_KNOWN}/other"])
def test_everything_else_is_a_small_404(browser: Client, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/json"
    assert "/mcp" in response.json()["detail"]


def test_a_foreign_host_gets_400_without_a_page(browser: Client) -> None:
    response = browser.get("/healthz", headers={"Host": "evil.example"})
    assert browser.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert b"evil" not in response.content


def test_the_home_page_says_what_this_is_and_where_the_endpoint_is(browser: Client) -> None:
    page = browser.get("/").content.decode()
    assert "http://localhost:3001/mcp" in page
    assert all(tool.name in page for tool in TOOLS)
    assert all(f"<code>{scope}</code>" in page for tool in TOOLS for scope in (*tool.scopes, *tool.downstream_scopes))


def test_the_bridge_is_healthy_at_once_and_ready_once_it_has_keys(browser: Client, tenant: FakeTenant) -> None:
    assert browser.get("/healthz").json() == {"status": "ok"}
    published = tenant.keys
    tenant.keys = []
    assert browser.get("/readyz").status_code == 503
    tenant.keys = published
    # Whether the first fetch saw no keys or these ones, asking again leads there.
    until(lambda: browser.get("/readyz").status_code == 200, "the bridge does not become ready")


def test_an_outage_of_the_tenant_does_not_make_a_node_with_good_keys_unready(
    browser: Client, bridge: RunningBridge, tenant: FakeTenant
) -> None:
    issuer_keys(bridge.configuration).metadata()
    tenant.keys = []
    assert browser.get("/readyz").status_code == 200
