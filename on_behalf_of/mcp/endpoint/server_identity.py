"""The name and version that MCP clients see."""

NAME, TITLE = "django-on-behalf-of", "Django on behalf of"
VERSION = "0.1.0"  # set here, because the SDK would look it up in the package's metadata at each request
SERVER_INFO = "io.modelcontextprotocol/serverInfo"  # member of `_meta` in each answer (MCP 2026-07-28)
