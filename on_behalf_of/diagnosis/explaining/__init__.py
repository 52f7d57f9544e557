"""Explain a token as the API or the MCP server judges it, on the command line and on a page."""
