"""Delegated access for Django and MCP. Each room is named for the role that its code plays on the wire."""
