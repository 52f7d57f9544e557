"""The bridge between a fake tenant and a fake API, as in tests/mcp_bridge."""

from tests.mcp_bridge.conftest import anyio_backend, api, bridge, tenant

__all__ = ["anyio_backend", "api", "bridge", "tenant"]
