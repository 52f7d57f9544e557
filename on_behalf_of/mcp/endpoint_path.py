"""Where MCP clients call, below the server's URL. It stands alone, so that reading it loads nothing."""

ENDPOINT = "/mcp"
ENDPOINT_PATHS = (ENDPOINT, f"{ENDPOINT}/")  # both are served, because people and some clients add the slash
