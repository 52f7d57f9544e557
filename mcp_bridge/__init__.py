"""The MCP server in its dual role: protected resource for MCP clients, OAuth client of the tenant.

A request passes, in this order: `gate` (who calls, and may they), `serving` (until it is answered or its client has
gone), `endpoint` and `mcp_server` (the SDK's side), `worker` (a thread), `tool_calls` (schemas around the tool), the
tool itself, `downstream` (the API as the tool sees it), `token_exchange` (RFC 8693).
What became of a tool call goes, best effort, through `call_recorder` to the database; `trace` connects it with the
API's log.
"""
