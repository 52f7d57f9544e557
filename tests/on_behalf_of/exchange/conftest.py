from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.on_behalf_of.exchange.dict_cache import DictCache
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.exchange.sharing import FIRST, Process
from tests.on_behalf_of.mcp.conftest import anyio_backend, api, bridge, tenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

__all__ = ["anyio_backend", "api", "bridge", "cache", "process", "tenant"]


@pytest.fixture
def cache() -> DictCache:
    return DictCache()


@pytest.fixture
def process(tenant: FakeTenant, api: FakeApi, cache: DictCache) -> Process:
    """Another process of the same bridge, with empty memory and the same cache."""

    @asynccontextmanager
    async def running(**changes: Any) -> AsyncIterator[RunningBridge]:
        bridge = RunningBridge(tenant, api)
        bridge.shared_cache = cache
        bridge.configure(**({"cache_keys": (FIRST,)} | changes))
        async with bridge:
            yield bridge

    return running
