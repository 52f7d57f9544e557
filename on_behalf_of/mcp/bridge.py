import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
import anyio.to_thread

from on_behalf_of.exchange.guarded_cache import Cache
from on_behalf_of.http_client.http_client import UpstreamHttp
from on_behalf_of.mcp.checks import LEFTOVER
from on_behalf_of.mcp.configuration import BridgeConfiguration
from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Receive, Scope, Send
from on_behalf_of.mcp.endpoint.fast_path import FastPath
from on_behalf_of.mcp.endpoint.gate import Gate
from on_behalf_of.mcp.endpoint.lifespan import follow_lifespan
from on_behalf_of.mcp.endpoint.metadata_endpoint import MetadataDocument
from on_behalf_of.mcp.endpoint.sdk import Sdk, build_endpoint
from on_behalf_of.mcp.endpoint.tool_caller import ToolCaller
from on_behalf_of.mcp.endpoint_path import ENDPOINT, ENDPOINT_PATHS
from on_behalf_of.mcp.json_schema import check_schemas
from on_behalf_of.mcp.outbound import build_api, build_exchange
from on_behalf_of.mcp.published_identifier import identifier_trouble
from on_behalf_of.mcp.records.call_recorder import CallRecorder, Write
from on_behalf_of.mcp.tool_calls import ToolCalls
from on_behalf_of.mcp.tool_registry import ToolRegistry
from on_behalf_of.resource_server.issuer_keys import IssuerKeys
from on_behalf_of.resource_server.token_verifier import TokenVerifier

logger = logging.getLogger(__name__)

KEY_WORKERS = 64  # threads that may wait for the issuer's keys, so that an outage leaves the other threads free


@dataclass(frozen=True)
class Bridge:
    """The whole MCP server as an ASGI app: the endpoint behind its gate, its metadata, and `pages` on all other paths.

    Its lifespan can run only once, like that of the SDK's app inside it.
    """

    sdk: Sdk
    gate: Gate
    metadata: MetadataDocument
    pages: AsgiApp
    before_start: Callable[[], None]  # called once, on a thread; may block, and raise what stops the start
    on_start: Callable[[], None]  # called once, when the process begins to serve
    on_stop: Callable[[], None]  # called on a thread after it has stopped; may block

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await follow_lifespan(self.lifespan(), receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})  # before the handshake: an HTTP 403
        elif scope["path"] in ENDPOINT_PATHS:
            # Not by a redirect: clients drop the token or the body, or do not follow it.
            await self.gate({**scope, "path": ENDPOINT}, receive, send)
        elif self.metadata.is_at(scope["path"]):
            await self.metadata.answer(scope, send)
        else:
            await self.pages(scope, receive, send)

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Serve within this context. Django's handler, which serves the pages, needs none."""
        await anyio.to_thread.run_sync(self.before_start)
        async with self.sdk.run():
            self.on_start()
            try:
                yield
            finally:
                with anyio.CancelScope(shield=True):
                    await anyio.to_thread.run_sync(self.on_stop)


def build_bridge(
    configuration: BridgeConfiguration,
    registry: ToolRegistry,
    *,
    keys: IssuerKeys,
    pages: AsgiApp,
    write_calls: Write,
    shared_cache: Cache | None = None,
    metadata_at_root: bool = True,
    renews_keys: bool = False,
    asks_api: bool = False,
) -> Bridge:
    """Build the MCP server. Does no I/O: the issuer's keys are fetched once the process serves.

    `write_calls` stores records of tool calls; it is called on a thread of its own, and may fail. `shared_cache` shares
    exchanged tokens between processes; it may fail too. `metadata_at_root`: see MetadataDocument. `renews_keys` keeps
    the issuer's keys fresh while the app serves. `asks_api` compares generated tools with the API's description before
    the app serves. Raises ToolDeclarationError. Generated tools without a lock file stop the start, not this function:
    the command that writes the file may import the app.
    """
    check_schemas(registry)
    observer = configuration.observer
    http = UpstreamHttp(
        timeout=configuration.upstream_timeout, ca_file=configuration.key_fetching.ca_file, pool_size=64
    )
    calls = ToolCalls(
        exchange=build_exchange(configuration, keys, http, shared_cache),
        http=http,
        api=build_api(configuration),
        api_base_url=configuration.api_base_url,
        default_scope=configuration.default_exchange_scope,
        timeout=configuration.upstream_timeout,
    )
    caller = ToolCaller(calls)
    recorder = CallRecorder(write_calls, on_drop=observer.records_dropped)

    ends = threading.Event()

    def compare() -> None:
        registry.check_generated()
        if asks_api and registry.generated:
            from on_behalf_of.mcp.openapi.start import compare_with_api  # only those who generate tools need it

            compare_with_api(registry.generated, configuration)

    def start() -> None:
        keys.prefetch()
        if renews_keys:
            keys.keep_fresh(ends)
        recorder.start()
        if configuration.has_leftover_subject_token_type:
            logger.warning(LEFTOVER)
        resource = configuration.resource
        if trouble := identifier_trouble(resource.resource, resource.base_url + ENDPOINT):
            logger.warning("%s %s", *trouble)

    def stop() -> None:
        ends.set()
        caller.stop()
        recorder.stop()
        observer.process_ends()

    sdk = Sdk(partial(build_endpoint, registry, caller))
    gate = Gate(
        app=FastPath(registry, caller, sdk),
        verifier=TokenVerifier(configuration.token_rules, keys),
        registry=registry,
        resource=configuration.resource,
        recorder=recorder,
        record_key=configuration.record_key,
        allowed_hosts=configuration.allowed_hosts,
        allowed_origins=configuration.allowed_origins,
        trusted_proxies=configuration.trusted_proxies,
        workers=anyio.CapacityLimiter(KEY_WORKERS),
        caller_rules=configuration.caller_rules,
        observer=observer,
    )
    metadata = MetadataDocument(configuration.resource, ENDPOINT, metadata_at_root)
    return Bridge(sdk, gate, metadata, pages, before_start=compare, on_start=start, on_stop=stop)
