"""Delegated access for Django and MCP. Each room (subpackage) is named for its role on the wire.

From the bottom: `primitives`, `http_client`, `audit` and `pages`, `resource_server`, `exchange`, `drf` and `mcp`,
`environment`, `diagnosis`, `serving`, `testing`. No room imports one that comes later in this list; `make lint`
enforces that. The names that a room's `__init__` exports are public; everything else may change.
"""
