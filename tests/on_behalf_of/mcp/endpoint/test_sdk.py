"""The SDK is loaded by the first request that needs it, and what is declared in its place says the same."""

import asyncio
import threading
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Any, NoReturn

import mcp_types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.shared import inbound

from on_behalf_of.mcp.endpoint import fast_path, protocol_revision, server_identity
from on_behalf_of.mcp.endpoint.header_text import text_of_header
from on_behalf_of.mcp.endpoint.sdk import Sdk

PATIENCE = 60  # seconds, on a busy machine
caller: ContextVar[str] = ContextVar("caller")


class Endpoint:
    """In place of the SDK's."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @asynccontextmanager
    async def run(self) -> AsyncIterator[None]:
        self.told.append(f"begins for {caller.get('no caller')}")
        yield
        self.told.append("ends")

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.told.append(scope["path"])


def loads_slowly() -> tuple[Endpoint, Sdk, threading.Event]:
    """Return an endpoint, what loads it, and what lets that go on."""
    endpoint, goes_on = Endpoint(), threading.Event()

    def load() -> Any:
        assert goes_on.wait(PATIENCE)
        return endpoint

    return endpoint, Sdk(load), goes_on


async def no_message(*_message: Any) -> Any:
    raise AssertionError


async def ask(sdk: Sdk, path: str) -> None:
    async with asyncio.timeout(PATIENCE):
        await sdk({"path": path}, no_message, no_message)


@pytest.mark.anyio
async def test_it_is_loaded_once_and_ends_with_the_server() -> None:
    endpoint, loaded = Endpoint(), []

    def load() -> Any:
        loaded.append(1)
        return endpoint

    sdk = Sdk(load)
    caller.set("the first caller")
    async with sdk.run():
        await asyncio.gather(*(ask(sdk, "/mcp") for _ in range(3)))
    assert loaded == [1]
    assert endpoint.told == ["begins for no caller", "/mcp", "/mcp", "/mcp", "ends"]


@pytest.mark.anyio
async def test_a_server_that_needed_no_sdk_ends_without_it() -> None:
    async with Sdk(lambda: pytest.fail("it was loaded")).run():
        pass


@pytest.mark.anyio
async def test_a_client_that_leaves_while_it_is_loaded_does_not_stop_that() -> None:
    endpoint, sdk, goes_on = loads_slowly()
    async with sdk.run():
        leaves, stays = asyncio.create_task(ask(sdk, "/leaves")), asyncio.create_task(ask(sdk, "/stays"))
        await asyncio.sleep(0.05)
        leaves.cancel()
        goes_on.set()
        await stays
    assert "/stays" in endpoint.told
    assert "/leaves" not in endpoint.told


@pytest.mark.anyio
async def test_a_failed_attempt_to_load_it_is_repeated_by_the_next_request() -> None:
    endpoint, failures = Endpoint(), [MemoryError("no memory")]

    def load() -> Any:
        if failures:
            raise failures.pop()
        return endpoint

    sdk = Sdk(load)
    async with sdk.run():
        with pytest.raises(MemoryError):
            await ask(sdk, "/fails")
        await ask(sdk, "/works")
    assert endpoint.told == ["begins for no caller", "/works", "ends"]


@pytest.mark.anyio
async def test_a_failure_to_begin_is_told_and_the_next_request_tries_again() -> None:
    class Failing(Endpoint):
        def run(self) -> NoReturn:
            raise OSError("it cannot begin")

    endpoint = Endpoint()
    endpoints: list[Any] = [endpoint, Failing()]
    sdk = Sdk(endpoints.pop)
    async with sdk.run():
        with pytest.raises(OSError, match="it cannot begin"):
            await ask(sdk, "/fails")
        await ask(sdk, "/works")
    assert "/works" in endpoint.told


@pytest.mark.anyio
async def test_a_server_that_stops_while_it_is_loaded_waits_for_it() -> None:
    endpoint, sdk, goes_on = loads_slowly()
    async with sdk.run():
        asked = asyncio.create_task(ask(sdk, "/late"))
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_later(0.05, goes_on.set)
    assert "ends" in endpoint.told
    await asyncio.wait([asked])


def test_what_the_gate_knows_of_the_protocol_is_what_the_sdk_knows() -> None:
    assert protocol_revision.REVISION_HEADER == inbound.MCP_PROTOCOL_VERSION_HEADER
    assert protocol_revision.METHOD_HEADER == inbound.MCP_METHOD_HEADER
    assert protocol_revision.NAME_HEADER == inbound.MCP_NAME_HEADER
    assert dict(inbound.NAME_BEARING_METHODS) == protocol_revision.NAMED_BY
    assert protocol_revision.STATED_REVISION == mcp_types.PROTOCOL_VERSION_META_KEY
    assert protocol_revision.HEADER_MISMATCH == mcp_types.HEADER_MISMATCH
    assert protocol_revision.UNSUPPORTED_REVISION == mcp_types.UNSUPPORTED_PROTOCOL_VERSION
    assert server_identity.SERVER_INFO == mcp_types.SERVER_INFO_META_KEY
    assert fast_path.CLIENT_INFO == mcp_types.CLIENT_INFO_META_KEY
    assert fast_path.CLIENT_CAPABILITIES == mcp_types.CLIENT_CAPABILITIES_META_KEY


ENCODED = st.text().map(inbound.encode_header_value)
NEARLY = st.text("=?base64AQZz+/é\n ", max_size=30) | st.tuples(
    st.sampled_from(["=?base64?", "=?BASE64?", "=?base64", ""]),
    st.text("AQgwZz09+/=_- ", max_size=8) | st.binary(max_size=6).map(lambda content: b64encode(content).decode()),
    st.sampled_from(["?=", "=", "?", ""]),
).map("".join)


@given(value=ENCODED | NEARLY | st.text())
def test_texts_in_headers_are_read_as_the_sdk_reads_them(value: str) -> None:
    assert text_of_header(value) == inbound.decode_header_value(value)
