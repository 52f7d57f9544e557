"""The bridge as a protected resource: who may pass to the MCP endpoint, and how it is served."""
