"""Determine which revision of MCP a request speaks, and check that its headers and body agree.

Proxies route and filter by the headers while the server acts on the body, so a difference would deceive one of them
(MCP 2026-07-28 streamable HTTP §Server Validation). The SDK compares them only for the revision that requires it, and
chooses that revision by the header alone.
"""

from http import HTTPStatus

from on_behalf_of.mcp.endpoint.asgi_types import Scope, header_values
from on_behalf_of.mcp.endpoint.header_text import text_of_header
from on_behalf_of.mcp.endpoint.http_refusal import HttpRefusal
from on_behalf_of.mcp.endpoint.jsonrpc_request import JsonRpcRequest
from on_behalf_of.primitives.foreign_text import readable

SINGLE_REQUESTS = "2026-07-28"  # the first revision in which requests are independent of each other
# Those that begin with `initialize`. 2024-11-05 is not among them: it has another transport (HTTP with SSE).
WITH_HANDSHAKE = ("2025-03-26", "2025-06-18", "2025-11-25")
WITHOUT_HEADER = "2025-03-26"  # what a request without the header speaks; the header came with 2025-06-18
SERVED = (SINGLE_REQUESTS, *reversed(WITH_HANDSHAKE))

REVISION_HEADER, METHOD_HEADER, NAME_HEADER = "mcp-protocol-version", "mcp-method", "mcp-name"
NAMED_BY = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}  # the parameter that Mcp-Name repeats
STATED_REVISION = "io.modelcontextprotocol/protocolVersion"  # member of `params._meta`
HEADER_MISMATCH, UNSUPPORTED_REVISION = -32020, -32022

_UNSTATED = object()


def revision_of(scope: Scope, request: JsonRpcRequest) -> str:
    """Return the revision that headers and body agree on.

    Raises HttpRefusal with 400: -32020 if they disagree, if a header comes twice, or if one is missing that the
    revision requires; -32022 for a revision that is not served. Not checked, because the SDK does: whether `_meta` is
    complete, and `Mcp-Param-*` headers.
    """
    header = _only(scope, request, REVISION_HEADER, "MCP-Protocol-Version")
    stated = _stated(request, header)
    if stated is not _UNSTATED and (header is None or stated != header):
        raise _mismatch(request, "The MCP-Protocol-Version header and the protocol version in the body differ.")
    if header is not None and header not in SERVED:
        raise _unsupported(request, header, is_stated=stated is not _UNSTATED)
    revision = header or WITHOUT_HEADER
    _check_mirrored(scope, request, must_be_there=revision == SINGLE_REQUESTS and request.id is not None)
    return revision


def may_hold_batch(scope: Scope) -> bool:
    """Return whether the headers allow a batch, which only 2025-03-26 has."""
    return header_values(scope, REVISION_HEADER) in ([], [WITHOUT_HEADER])


def _stated(request: JsonRpcRequest, header: str | None) -> object:
    """Return the revision that the body states; only bodies of 2026-07-28 and later state one.

    `initialize` proposes one, which may differ from the header's if both revisions have a handshake.
    """
    meta = request.params.get("_meta")
    if isinstance(meta, dict) and STATED_REVISION in meta:
        return meta[STATED_REVISION]
    if request.method == "initialize" and header == SINGLE_REQUESTS:
        return request.params.get("protocolVersion", _UNSTATED)
    return _UNSTATED


def _check_mirrored(scope: Scope, request: JsonRpcRequest, *, must_be_there: bool) -> None:
    method = _only(scope, request, METHOD_HEADER, "Mcp-Method")
    if method != request.method and (must_be_there or method is not None):
        raise _mismatch(request, "The Mcp-Method header must name the method of the body.")
    name = _only(scope, request, NAME_HEADER, "Mcp-Name")
    named = request.params.get(NAMED_BY.get(request.method, ""))
    if not isinstance(named, str):  # there is nothing to name, or the SDK will say what is wrong with it
        return
    is_same = name is not None and text_of_header(name) == named
    if not is_same and (must_be_there or name is not None):
        raise _mismatch(request, "The Mcp-Name header must match the name in the body.")


def _only(scope: Scope, request: JsonRpcRequest, name: str, written: str) -> str | None:
    values = header_values(scope, name)
    if len(values) > 1:  # some readers take the first, others the last
        raise _mismatch(request, f"The {written} header must come once.")
    return values[0].strip(" \t") if values else None


def _mismatch(request: JsonRpcRequest, message: str) -> HttpRefusal:
    return HttpRefusal(HTTPStatus.BAD_REQUEST, message, code=HEADER_MISMATCH, request_id=request.id)


def _unsupported(request: JsonRpcRequest, requested: str, *, is_stated: bool) -> HttpRefusal:
    # A body that states its revision comes from a client of 2026-07-28 or later, which cannot use the other revisions.
    supported = [SINGLE_REQUESTS] if is_stated else list(SERVED)
    return HttpRefusal(
        HTTPStatus.BAD_REQUEST,
        f"This revision of MCP is not served here; choose one of {', '.join(supported)}.",
        {"supported": supported, "requested": readable(requested, limit=64)},
        code=UNSUPPORTED_REVISION,
        request_id=request.id,
    )
