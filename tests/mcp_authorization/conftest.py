"""The bridge between a fake tenant and a fake API, as in tests/mcp_bridge, and a browser at its pages."""

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from tests.mcp_bridge.conftest import anyio_backend, api, bridge, tenant
from tests.mcp_bridge.running_bridge import RunningBridge

__all__ = ["anyio_backend", "api", "bridge", "tenant"]


@pytest.fixture
def browser(bridge: RunningBridge) -> Iterator[Client]:
    with override_settings(
        ROOT_URLCONF="config.bridge.urls",
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        MCP_BRIDGE=bridge.configuration,
        ALLOWED_HOSTS=["localhost"],
    ):
        yield Client(headers={"Host": "localhost"})
