from tests.on_behalf_of.exchange.conftest import anyio_backend, api, bridge, cache, process, tenant

__all__ = ["anyio_backend", "api", "bridge", "cache", "process", "tenant"]
