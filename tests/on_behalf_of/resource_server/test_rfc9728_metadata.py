"""RFC 9728: what a protected resource says about itself."""

import pytest

from on_behalf_of.resource_server.challenge import challenge
from on_behalf_of.resource_server.protected_resource import ProtectedResource, well_known_paths
from on_behalf_of.resource_server.refusals import MissingToken

RESOURCE = ProtectedResource(
    resource="http://localhost:3001/mcp",
    base_url="http://localhost:3001",
    authorization_server="https://tenant.example/",
    scopes=("tool:whoami", "tool:greet"),
    name="The bridge",
    endpoint="/mcp",
)


def test_the_metadata_names_resource_issuer_scopes_and_method() -> None:
    """RFC 9728 §2: resource is required; the others let a client find out what it needs."""
    assert RESOURCE.metadata() == {
        "resource": "http://localhost:3001/mcp",
        "authorization_servers": ["https://tenant.example/"],
        "scopes_supported": ["tool:whoami", "tool:greet"],
        "bearer_methods_supported": ["header"],
        "resource_name": "The bridge",
    }


def test_a_challenge_points_to_the_metadata() -> None:
    """RFC 9728 §5.1: resource_metadata is the URL of the metadata, made from the URL that clients call (§3.1)."""
    assert RESOURCE.metadata_url == "http://localhost:3001/.well-known/oauth-protected-resource/mcp"
    told = challenge(MissingToken(), resource_metadata=RESOURCE.metadata_url, scope=RESOURCE.scopes)
    assert told == f'Bearer scope="tool:whoami tool:greet", resource_metadata="{RESOURCE.metadata_url}"'


@pytest.mark.parametrize("path", ["/mcp", "mcp", "/mcp/", "http://localhost:3001/mcp", "/mcp?x=y#z"])
def test_the_metadata_is_at_the_root_and_at_the_path_of_the_endpoint(path: str) -> None:
    """RFC 9728 §3.1: the well-known string is put between the host and the path."""
    root = "/.well-known/oauth-protected-resource"
    assert well_known_paths(path) == (root, f"{root}/mcp")


@pytest.mark.parametrize("path", ["", "/", "http://localhost:8787", "http://localhost:8787/"])
def test_a_resource_without_a_path_has_its_metadata_only_at_the_root(path: str) -> None:
    """RFC 9728 §3.1: a terminating slash is removed first."""
    assert well_known_paths(path) == ("/.well-known/oauth-protected-resource",)
