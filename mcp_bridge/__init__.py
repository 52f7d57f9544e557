"""The reference MCP server: its tools and its home page. Everything else is in `on_behalf_of.mcp`."""
