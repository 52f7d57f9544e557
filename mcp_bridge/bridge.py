import logging
from dataclasses import dataclass
from functools import partial

import anyio
from starlette.applications import Starlette

from mcp_bridge.checks import LEFTOVER
from mcp_bridge.configuration import ENDPOINT, BridgeConfiguration
from mcp_bridge.endpoint.asgi_types import AsgiApp, Receive, Scope, Send
from mcp_bridge.endpoint.forms import build_endpoint
from mcp_bridge.endpoint.gate import Gate
from mcp_bridge.endpoint.mcp_server import build_server
from mcp_bridge.exchange.cache import ExchangeCache
from mcp_bridge.exchange.entry_cipher import EntryCipher
from mcp_bridge.exchange.shared_tokens import Cache, SharedTokens
from mcp_bridge.exchange.token_exchange import TokenExchange
from mcp_bridge.json_schema import check_schemas
from mcp_bridge.records.call_recorder import CallRecorder, Write
from mcp_bridge.tool_calls import ToolCalls
from mcp_bridge.tool_registry import ToolRegistry
from mcp_bridge.upstream.asking import PASSING, Upstream
from resource_server.issuer_keys import IssuerKeys
from resource_server.token_verifier import TokenVerifier
from resource_server.upstream_http import UpstreamHttp

logger = logging.getLogger(__name__)

KEY_WORKERS = 64  # threads that may wait for the issuer's keys, so that an outage there leaves the others free


@dataclass(frozen=True)
class Bridge:
    """The whole bridge as an ASGI app: the MCP endpoint behind its gate, and Django for every other path.

    Its lifespan can be run once, as that of the SDK's app inside it.
    """

    endpoint: Starlette  # the SDK's app; it also carries the lifespan, which Django's handler lacks
    gate: Gate
    pages: AsgiApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.endpoint(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})  # before the handshake: an HTTP 403
        elif scope["path"] == ENDPOINT:
            await self.gate(scope, receive, send)
        else:
            await self.pages(scope, receive, send)


def build_bridge(
    configuration: BridgeConfiguration,
    registry: ToolRegistry,
    *,
    keys: IssuerKeys,
    pages: AsgiApp,
    write_calls: Write,
    shared_cache: Cache | None = None,
) -> Bridge:
    """Put the bridge together. Does no I/O: the issuer's keys are asked for once the process serves.

    Raises ToolDeclarationError.

    `write_calls` keeps records of tool calls; it is called in a thread of its own, and may fail.
    `shared_cache`, where there is one, holds exchanged tokens for all processes; it may fail too.
    """
    check_schemas(registry)
    observer = configuration.observer
    http = UpstreamHttp(
        timeout=configuration.upstream_timeout, ca_file=configuration.key_fetching.ca_file, pool_size=64
    )
    exchange = TokenExchange(
        client=configuration.client,
        verifier=TokenVerifier(configuration.downstream_rules, keys),
        http=http,
        cache=ExchangeCache(),
        shared=SharedTokens(shared_cache, EntryCipher(configuration.cache_keys), on_change=observer.circuit_changed)
        if shared_cache
        else None,
        # There is one way to exchange: a tenant that fails at it fails for all.
        tenant=Upstream(
            "The tenant",
            timeout=configuration.upstream_timeout,
            broken_by=range(500, 600),
            on_change=partial(observer.circuit_changed, "tenant"),
        ),
        target=configuration.exchange_target,
        forwards_address=configuration.forwards_address,
        observer=observer,
    )
    calls = ToolCalls(
        exchange=exchange,
        http=http,
        # A 500 or a slow answer is about one view of many, and must not keep callers from the others.
        api=Upstream(
            "The API",
            timeout=configuration.upstream_timeout,
            broken_by=PASSING,
            is_broken_by_silence=False,
            on_change=partial(observer.circuit_changed, "api"),
        ),
        api_base_url=configuration.api_base_url,
        default_scope=configuration.default_exchange_scope,
        timeout=configuration.upstream_timeout,
    )
    recorder = CallRecorder(write_calls, on_drop=observer.records_dropped)

    def start() -> None:
        keys.prefetch()
        recorder.start()
        if configuration.has_leftover_subject_token_type:
            logger.warning(LEFTOVER)

    def stop() -> None:
        recorder.stop()
        observer.process_ends()

    endpoint = build_endpoint(build_server(registry, calls), on_start=start, on_stop=stop)
    gate = Gate(
        app=endpoint,
        verifier=TokenVerifier(configuration.token_rules, keys),
        registry=registry,
        resource=configuration.resource,
        recorder=recorder,
        record_key=configuration.record_key,
        allowed_hosts=configuration.allowed_hosts,
        allowed_origins=configuration.allowed_origins,
        trusted_proxies=configuration.trusted_proxies,
        workers=anyio.CapacityLimiter(KEY_WORKERS),
        observer=observer,
    )
    return Bridge(endpoint, gate, pages)
