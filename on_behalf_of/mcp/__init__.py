"""An MCP endpoint in its dual role: protected resource for MCP clients, OAuth client of the tenant.

A request passes, in this order: `endpoint.gate` (who calls, and may they), `endpoint.serving` (until it is answered or
its client has gone), `endpoint.mcp_server` (the SDK's side), `endpoint.worker` (a thread), `tool_calls` (schemas around
the tool), the tool itself, `api` (the API as the tool sees it), `exchange.token_exchange` (RFC 8693).
What became of a tool call goes, best effort, through `records` to the database; its trace connects it with the API's
log.
"""
