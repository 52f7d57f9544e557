from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.mcp_bridge.dict_cache import DictCache
from tests.mcp_bridge.fake_api import FakeApi
from tests.mcp_bridge.fake_tenant import FakeTenant
from tests.mcp_bridge.loopback_server import serving
from tests.mcp_bridge.running_bridge import RunningBridge
from tests.mcp_bridge.sharing import FIRST, Process


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def tenant() -> Iterator[FakeTenant]:
    tenant = FakeTenant()
    with serving(tenant.respond) as url:
        tenant.url = f"{url}/"
        yield tenant
        tenant.may_answer.set()


@pytest.fixture
def api() -> Iterator[FakeApi]:
    api = FakeApi()
    with serving(api.respond) as url:
        api.url = url
        yield api
        api.may_answer.set()


@pytest.fixture
def bridge(tenant: FakeTenant, api: FakeApi) -> RunningBridge:
    """The bridge, ready to be entered: `async with bridge:` runs its lifespan."""
    return RunningBridge(tenant, api)


@pytest.fixture
def cache() -> DictCache:
    return DictCache()


@pytest.fixture
def process(tenant: FakeTenant, api: FakeApi, cache: DictCache) -> Process:
    """One more process of the same bridge: nothing in its own memory, and the same cache behind it."""

    @asynccontextmanager
    async def running(**changes: Any) -> AsyncIterator[RunningBridge]:
        bridge = RunningBridge(tenant, api)
        bridge.shared_cache = cache
        bridge.configure(**({"cache_keys": (FIRST,)} | changes))
        async with bridge:
            yield bridge

    return running
