"""Measure `tools/list` with about fifty generated tools, beside the few tools of the reference.

The endpoint is called in this process, with all checks of its gate. The first list of each set of tools is written by
the SDK and remembered, so it is told apart from those that follow.
"""

import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from on_behalf_of.mcp.openapi.lock_file import locked_text
from on_behalf_of.mcp.tool_registry import ToolRegistry
from tests.loopback_server import serving
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.openapi.lending_process import description
from tests.on_behalf_of.mcp.openapi.measure import measured, tokens
from tests.on_behalf_of.mcp.openapi.own_api import own_description
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

ROUNDS = 300
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}


def measure() -> None:
    logging.disable(logging.INFO)  # the clients in this process tell of each request
    with tempfile.TemporaryDirectory() as folder:
        many, making = _many(Path(folder))
    few = RunningBridge(FakeTenant(), FakeApi()).registry
    tenant = FakeTenant()
    with serving(tenant.respond) as url:
        tenant.url = f"{url}/"
        found = asyncio.run(_compared(tenant, {"few": few, "many": many}))
    (first_few, few_times), (first_many, many_times) = found["few"], found["many"]
    usual_few, usual_many = (statistics.median(times) * 1e3 for times in (few_times, many_times))
    count = len(list(many))
    print(f"  {count} tools cost {tokens(many):,} tokens; a start makes them from lock files in {making * 1e3:.0f} ms")
    print(f"  tools/list, the first: {first_many * 1e3:.1f} ms; of {len(list(few))} tools {first_few * 1e3:.1f} ms")
    print(f"  tools/list, later: {usual_many:.2f} ms; of {len(list(few))} tools {usual_few:.2f} ms", end="; ")
    print(f"ratio {usual_many / usual_few:.2f}")


def _many(folder: Path) -> tuple[ToolRegistry, float]:
    """Return the tools, and the seconds that it takes to make them as a start does."""
    registry = ToolRegistry()
    for name, document in (("own", own_description()), ("library", description())):
        tools = measured(document, supply_scopes=False).tools
        (file := folder / f"{name}.json").write_text(
            locked_text(document, {operation: tool.name for operation, tool in tools.items()})
        )
        registry |= ToolRegistry.from_openapi("https://api.example/schema", lock=file)
    began = time.perf_counter()
    registry.check_generated()
    return registry, time.perf_counter() - began


async def _compared(tenant: FakeTenant, registries: dict[str, ToolRegistry]) -> dict[str, tuple[float, list[float]]]:
    """Return the seconds of the first list and of those after it, taken in turns."""
    bridges = {name: RunningBridge(tenant, FakeApi()) for name in registries}
    asked: dict[str, Callable[[], Awaitable[object]]] = {}
    first: dict[str, float] = {}
    times: dict[str, list[float]] = {name: [] for name in registries}
    for name, bridge in bridges.items():
        bridge.registry = registries[name]
        await bridge.__aenter__()
        token = bridge.token(scope=" ".join(registries[name].scopes))
        asked[name] = lambda bridge=bridge, token=token: bridge.post(LIST, token)  # type: ignore[misc]
        await bridge.post({"jsonrpc": "2.0", "id": 1, "method": "ping"}, token)  # loads the SDK
        first[name] = await _seconds(asked[name])
    for _ in range(ROUNDS):
        for name, ask in asked.items():
            times[name].append(await _seconds(ask))
    for bridge in bridges.values():
        await bridge.__aexit__(None, None, None)
    return {name: (first[name], times[name]) for name in registries}


async def _seconds(ask: Callable[[], Awaitable[object]]) -> float:
    began = time.perf_counter()
    await ask()
    return time.perf_counter() - began
