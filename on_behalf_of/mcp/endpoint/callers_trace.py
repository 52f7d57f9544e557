from collections.abc import Sequence

from on_behalf_of.primitives.trace import Trace


def callers_trace(headers: Sequence[str], meta: object) -> Trace:
    """Return the caller's trace: from the HTTP header, else from the MCP request's `_meta`, else a new one.

    `meta` is `params._meta` of any type; MCP clients put `traceparent` there. Several headers count as none.
    `tracestate` and baggage are not passed on, because they would carry a caller's text to services that it does not
    call.
    """
    in_meta = meta.get("traceparent") if isinstance(meta, dict) else None
    for value in (headers[0] if len(headers) == 1 else None, in_meta):
        if trace := Trace.parse(value):
            return trace
    return Trace.made()
