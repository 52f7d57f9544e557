"""Decide who may reach the MCP endpoint: the server as a protected resource (RFC 6750, RFC 9728, MCP authorization)."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from urllib.parse import parse_qsl

import anyio
import anyio.to_thread

from on_behalf_of.exchange.caller import Caller
from on_behalf_of.mcp.endpoint.asgi_types import AsgiApp, Receive, Scope, Send, header_values
from on_behalf_of.mcp.endpoint.batch import requests_of, serve_batch
from on_behalf_of.mcp.endpoint.callers_trace import callers_trace
from on_behalf_of.mcp.endpoint.cross_origin import allowed_origin, answer_preflight, refuse_foreign_host, shared_with
from on_behalf_of.mcp.endpoint.http_refusal import INTERNAL_ERROR, HttpRefusal
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcError, JsonRpcRequest, is_batch, parse_request
from on_behalf_of.mcp.endpoint.protocol_revision import SINGLE_REQUESTS, may_hold_batch, revision_of
from on_behalf_of.mcp.endpoint.request_body import BODY_DEADLINE, DISCARD_DEADLINE, Disconnected, RequestBody
from on_behalf_of.mcp.endpoint.response import Response
from on_behalf_of.mcp.endpoint.serving import serve
from on_behalf_of.mcp.endpoint.token_refusal import cannot_tell, token_refusal
from on_behalf_of.mcp.endpoint.uncached import uncached
from on_behalf_of.mcp.endpoint.users_address import users_address
from on_behalf_of.mcp.observer import OTHER, Observer, bounded, reason_of
from on_behalf_of.mcp.records.call_record import CallRecord
from on_behalf_of.mcp.records.call_recorder import CallRecorder
from on_behalf_of.mcp.served_request import ServedRequest
from on_behalf_of.mcp.tool import Tool
from on_behalf_of.mcp.tool_registry import ToolRegistry, could_be_granted, missing_scopes
from on_behalf_of.primitives.call_error import Outcome
from on_behalf_of.primitives.client_address import Network
from on_behalf_of.primitives.current_request import serving
from on_behalf_of.resource_server.access_token import AccessToken
from on_behalf_of.resource_server.authorization_header import read_bearer_token
from on_behalf_of.resource_server.protected_resource import ProtectedResource
from on_behalf_of.resource_server.refusals import (
    BearerTokenError,
    InsufficientScope,
    InvalidRequest,
    KeysUnavailable,
    Reason,
)
from on_behalf_of.resource_server.token_verifier import TokenVerifier
from on_behalf_of.resource_server.who_may_present import CallerRules, check_caller

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gate:
    """An ASGI app around the MCP endpoint.

    It checks, in this order: host and origin, token, method, body, who may present the token, revision of MCP, scopes
    of the called tool. So a stranger learns only how to log in, and its body is not kept.
    """

    app: AsgiApp  # the endpoint; its requests carry a ServedRequest
    verifier: TokenVerifier  # for token A
    registry: ToolRegistry
    resource: ProtectedResource
    recorder: CallRecorder
    record_key: bytes = field(repr=False)
    allowed_hosts: tuple[str, ...]
    allowed_origins: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]
    workers: anyio.CapacityLimiter  # threads that may wait for the issuer's keys
    caller_rules: CallerRules = field(default_factory=CallerRules)
    observer: Observer = field(default_factory=Observer)
    body_deadline: float = BODY_DEADLINE  # seconds
    discard_deadline: float = DISCARD_DEADLINE  # seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, response = RequestBody(scope, receive), Response(send)
        if header_values(scope, "authorization"):
            response.change_headers(uncached)
        try:
            await self._answer(scope, receive, response, body)
        except Disconnected:
            pass
        except Exception:
            logger.exception("A request to the MCP endpoint failed.")
            if not response.has_begun:
                await response.refuse(_failed())

    async def _answer(self, scope: Scope, receive: Receive, response: Response, body: RequestBody) -> None:
        request: JsonRpcRequest | None = None
        try:
            refuse_foreign_host(scope, self.allowed_hosts)
            origin = allowed_origin(
                scope, self.allowed_origins, own_url=self.resource.base_url, allowed_hosts=self.allowed_hosts
            )
            response.change_headers(partial(shared_with, origin))  # pages of other origins cannot read their refusal
            if scope["method"] == "OPTIONS":  # a browser's preflight, which never has a token
                await answer_preflight(scope, response)
                return
            caller = await self._authenticate(scope)
            _check_form(scope)
            content = await body.read(seconds=self.body_deadline)
            if is_batch(content) and may_hold_batch(scope):
                requests = requests_of(content)
                for request in requests:  # `request`, so that the refusal has the id of the refused message
                    self._check_of_batch(request, scope, caller)
                await self._answer_batch(requests, scope, receive, response, caller)
                return
            request = parse_request(content)
            await self._answer_request(request, scope, receive, response, caller)
        except (BearerTokenError, KeysUnavailable, JsonRpcError, HttpRefusal) as error:
            await body.discard(seconds=self.discard_deadline)
            await response.refuse(self._refusal(error, request))

    async def _answer_request(
        self,
        request: JsonRpcRequest,
        scope: Scope,
        receive: Receive,
        response: Response,
        caller: Caller,
        *,
        streams: bool = True,
    ) -> ServedRequest:
        with self._serving(request, scope, caller, streams=streams) as served:
            check_caller(caller.token, self.caller_rules)  # here, so that a refused tool call is recorded
            revision = revision_of(scope, request)
            self._check_scopes(request, caller.token, revision)
            response.give_way_to(lambda: self._refusal(served.refusal, request) if served.refusal else None)
            await serve(
                self.app,
                scope,
                receive,
                response,
                request=request,
                ends_with_connection=_ends_with_connection(revision, self.registry.find(request.called_tool)),
            )
            if served.record is not None:
                served.record.is_answered = response.is_complete
            return served

    async def _answer_batch(
        self, requests: tuple[JsonRpcRequest, ...], scope: Scope, receive: Receive, send: Send, caller: Caller
    ) -> None:
        """Answer all messages together. Each has a response of its own, and the batch collects them."""
        answered: list[ServedRequest] = []

        async def serve_one(request: JsonRpcRequest, receive: Receive, send: Send) -> None:
            own, response = dict(scope), Response(send)
            try:
                answered.append(await self._answer_request(request, own, receive, response, caller, streams=False))
            except (BearerTokenError, HttpRefusal) as error:
                await response.refuse(self._refusal(error, request))

        await serve_batch(
            requests,
            receive,
            send,
            serve=serve_one,
            may_be_repeated=lambda: not any(each.has_written for each in answered),
        )

    def _check_of_batch(self, request: JsonRpcRequest, scope: Scope, caller: Caller) -> None:
        """Refuse the whole batch for one message, before anything is called."""
        try:
            check_caller(caller.token, self.caller_rules)
            self._check_scopes(request, caller.token, revision_of(scope, request))
        except (BearerTokenError, HttpRefusal):
            with self._serving(request, scope, caller, streams=False):
                raise

    async def _authenticate(self, scope: Scope) -> Caller:
        # RFC 6750 §5.3: tokens in URLs end up in logs and histories, so they are refused unread.
        query = scope.get("query_string", b"").decode("latin-1")
        if query and any(name == "access_token" for name, _ in parse_qsl(query, keep_blank_values=True)):
            raise InvalidRequest(Reason.TOKEN_IN_QUERY)
        token = read_bearer_token(header_values(scope, "authorization"))
        verified = self.verifier.verify_cached(token)
        if verified is None:  # on a thread, because the issuer's keys may have to be fetched
            verified = await anyio.to_thread.run_sync(self.verifier.verify, token, limiter=self.workers)
        return Caller(verified, token, users_address(scope, self.trusted_proxies))

    @contextmanager
    def _serving(
        self, request: JsonRpcRequest, scope: Scope, caller: Caller, *, streams: bool
    ) -> Iterator[ServedRequest]:
        """Give the request its trace and span, and record how a tool call ends."""
        trace = callers_trace(header_values(scope, "traceparent"), request.params.get("_meta"))
        tool = self.registry.find(request.called_tool)
        name = f"tools/call {tool.name}" if tool else "MCP request"  # not the client's own words
        is_call = request.method == "tools/call"
        record = CallRecord.of(request, token=caller.token, trace=trace, key=self.record_key) if is_call else None
        with self.observer.span(name, trace_id=trace.id, traceparent=trace.received) as span:
            wants_progress = streams and request.wants_progress and _accepts_stream(scope)
            served = ServedRequest(caller, trace, span, record, request=request, wants_progress=wants_progress)
            served.attach_to(scope)
            before = serving.set(served)
            try:
                with record.watching() if record else nullcontext():
                    yield served
            finally:
                if record is not None:
                    self.recorder.put(record)
                    self._tell(record)
                    span.set("obo.outcome", (record.outcome or Outcome.FAILED).value)
                serving.reset(before)

    def _tell(self, record: CallRecord) -> None:
        tool, outcome = self.registry.find(record.tool), record.outcome or Outcome.FAILED
        self.observer.called(tool.name if tool else OTHER, outcome.value, record.duration_ms / 1000)
        if outcome is Outcome.REFUSED:
            self.observer.refused(bounded(record.reason))

    def _check_scopes(self, request: JsonRpcRequest, token: AccessToken, revision: str) -> None:
        """Raise InsufficientScope if more consent would let the call pass.

        If consent would not help, the call passes and gets a readable tool error later; a 403 would make the client
        log in again and again.
        """
        tool = self.registry.find(request.called_tool)
        if tool and missing_scopes(tool, token) and could_be_granted(tool, token):
            # Clients of the current revision add the challenged scopes to those they have. Earlier ones may replace
            # them, so MCP 2025-11-25 §Scope Challenge Handling recommends naming the granted scopes too.
            held = () if revision == SINGLE_REQUESTS else token.scopes
            raise InsufficientScope(tool.scopes, keeping=[each for each in self.registry.scopes if each in held])

    def _refusal(self, error: Exception, request: JsonRpcRequest | None) -> HttpRefusal:
        if request is None or request.method != "tools/call":  # `_tell` reports refused tool calls
            self.observer.refused(reason_of(error))
        match error:
            case BearerTokenError():
                request_id = request.id if request else None
                return token_refusal(error, resource=self.resource, registry=self.registry, request_id=request_id)
            case KeysUnavailable():
                return cannot_tell(error)
            case JsonRpcError():
                return HttpRefusal(HTTPStatus.BAD_REQUEST, str(error), code=error.code)
            case HttpRefusal():
                return error
        raise error


def _ends_with_connection(revision: str, tool: Tool | None) -> bool:
    """Return whether a request ends when its client closes the connection.

    In the current revision, clients cancel in this way (MCP cancellation §Transport-Specific Cancellation). In earlier
    ones it does not cancel, so writes are completed. Reads end, because without a session the answer cannot reach the
    client any more.
    """
    return revision == SINGLE_REQUESTS or tool is None or tool.read_only


def _accepts_stream(scope: Scope) -> bool:
    accepted = ",".join(header_values(scope, "accept")).split(",")
    return "text/event-stream" in {each.partition(";")[0].strip().lower() for each in accepted}


def _check_form(scope: Scope) -> None:
    """Check what is known of a request without its body. Raises HttpRefusal."""
    if scope["method"] != "POST":  # GET and DELETE are for streams and sessions, which don't exist here
        raise HttpRefusal(
            HTTPStatus.METHOD_NOT_ALLOWED,
            "The MCP endpoint takes POST requests only.",
            headers=(("allow", "POST, OPTIONS"),),
        )
    content_types = header_values(scope, "content-type")
    if [each.partition(";")[0].strip().lower() for each in content_types] != ["application/json"]:
        raise HttpRefusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be sent as application/json.")


def _failed() -> HttpRefusal:
    return HttpRefusal(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "The server failed to handle the request; its log has the details.",
        code=INTERNAL_ERROR,
    )
