"""docs/clients.md: its snippets are well-formed and lead to this project's bridge."""

import json
import re

import pytest

from config.environment import BASE_DIR, read_environment
from local_tenant.redirect_uris import may_be_registered
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from tests.docs.blocks import blocks

PAGE = (BASE_DIR / "docs" / "clients.md").read_text()
SNIPPETS = [block.text for block in blocks("docs/clients.md", "json")]
REDIRECT_URIS = [
    uri for row in re.findall(r"^\|.*\|$", PAGE, re.MULTILINE) for uri in re.findall(r"`(\w+://\S+)`", row)
]


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the bridge's address without any configuration."""
    return read_environment({"STATE_DIR": str(tmp_path_factory.mktemp("state"))}).bridge_url + ENDPOINT


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_every_snippet_is_valid_json_and_names_the_bridge(snippet: str, address: str) -> None:
    (servers,) = json.loads(snippet).values()
    (server,) = servers.values()
    assert address in {server.get("url"), *server.get("args", [])}


def test_every_address_on_the_page_is_that_of_the_bridge(address: str) -> None:
    assert len(SNIPPETS) == 4
    assert set(re.findall(r"http://localhost:\d+/mcp", PAGE)) == {address}


@pytest.mark.parametrize("uri", REDIRECT_URIS)
def test_every_redirect_uri_could_be_registered_at_the_local_tenant(uri: str) -> None:
    assert may_be_registered(uri.replace("PORT", "8080"))


def test_the_readme_leads_there() -> None:
    readme = (BASE_DIR / "README.md").read_text()
    assert "(docs/clients.md)" in readme
    assert "make inspect" in readme
