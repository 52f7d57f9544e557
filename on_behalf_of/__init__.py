"""Delegated access for Django and MCP. Each room is named for the role that its code plays on the wire.

From the bottom: `primitives`, `http_client`, `audit` and `pages`, `resource_server`, `exchange`, `drf` and `mcp`,
`environment`, `diagnosis`, `serving`, `testing`. No room imports one that stands later in this list; `make lint`
enforces that. What a room's `__init__` exports is public, everything else may change.
"""
