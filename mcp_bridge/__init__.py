"""The reference MCP server: its tools, and the few pages around the endpoint. The rest is `on_behalf_of.mcp`."""
