"""The MCP server as a protected resource: who may pass to the endpoint, and how requests are served."""
