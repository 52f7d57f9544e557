import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured

from on_behalf_of.exchange.guarded_cache import Cache
from on_behalf_of.mcp.bridge import Bridge, build_bridge
from on_behalf_of.mcp.configuration import bridge_configuration
from on_behalf_of.mcp.endpoint.asgi_types import Receive, Scope, Send
from on_behalf_of.mcp.endpoint_path import ENDPOINT
from on_behalf_of.mcp.issuer import issuer_keys
from on_behalf_of.mcp.records.call_recorder import Write
from on_behalf_of.mcp.tool_registry import ToolRegistry


def mcp_app(
    tools: ToolRegistry,
    *,
    beside: Callable[[Any, Any, Any], Awaitable[None]] | None = None,
    metadata_at_root: bool | None = None,
    shared_cache: Cache | None = None,
) -> Bridge:
    """Return an MCP server as an ASGI app, configured by `ON_BEHALF_OF["MCP"]`.

    It serves /mcp and its metadata. `beside` is the ASGI app for all other paths, such as the project's
    `get_asgi_application()`; without it, they get a 404. Set Django up first.

    `metadata_at_root` serves the metadata at the root's well-known path too; by default only without `beside`, because
    an API on the same host has its own document there. `shared_cache` is one cache object of Django for all threads,
    which shares exchanged tokens between processes; it needs CACHE_KEYS in the configuration.
    `caches_from_environment()` of `on_behalf_of.environment` makes one that takes bytes only, and fails fast.

    Tool calls are recorded if the app `on_behalf_of.mcp` is installed. Raises ImproperlyConfigured and
    ToolDeclarationError. Reads no more than the lock files of generated tools: the API and the issuer are asked when
    the process starts to serve.
    """
    configuration = bridge_configuration()
    if shared_cache is not None and not configuration.cache_keys:
        raise ImproperlyConfigured('ON_BEHALF_OF["MCP"]["CACHE_KEYS"] is missing: it encrypts what processes share.')
    if not configuration.resource.scopes:
        configuration = replace(configuration, resource=replace(configuration.resource, scopes=tools.scopes))
    return build_bridge(
        configuration,
        tools,
        keys=issuer_keys(configuration),
        pages=beside or _nothing_else,
        write_calls=_writer(),
        shared_cache=shared_cache,
        metadata_at_root=beside is None if metadata_at_root is None else metadata_at_root,
        renews_keys=True,
        asks_api=True,
    )


def _writer() -> Write:
    if not apps.is_installed("on_behalf_of.mcp"):
        return lambda _records: None
    from on_behalf_of.mcp.records.call_rows import write_rows  # imports a model, which needs the app

    return write_rows


async def _nothing_else(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's signature
    body = json.dumps({"detail": f"There is nothing at this address; the MCP endpoint is {ENDPOINT}."}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
