from tests.on_behalf_of.mcp.conftest import anyio_backend, api, bridge, tenant

__all__ = ["anyio_backend", "api", "bridge", "tenant"]
