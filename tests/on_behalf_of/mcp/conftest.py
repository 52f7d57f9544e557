from collections.abc import Iterator

import pytest

from tests.loopback_server import serving
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge


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
