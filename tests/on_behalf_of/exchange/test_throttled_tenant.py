"""All calls and all processes leave a throttling tenant alone; the API's limits are separate."""

import time

import pytest

from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.exchange.sharing import Process, greeted
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio
LATER = Reply(429, b"{}", {"Retry-After": "60"})


def new_token(bridge: RunningBridge, number: int) -> str:
    """Return a token that must be exchanged."""
    return bridge.token(sub=f"auth0|{number}")


async def test_ten_calls_after_a_429_make_no_token_request(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.reply = LATER
    async with bridge:
        assert "Try again in 60 seconds" in await bridge.error_text("greet", new_token(bridge, 0))
        tenant.reply = None
        for number in range(1, 11):
            text = await bridge.error_text("greet", new_token(bridge, number))
            assert "The tenant cannot exchange your access token now: it allows no more exchanges" in text
            assert "Try again in" in text
    assert len(tenant.forms) == 1
    assert [call.reason for call in bridge.calls] == ["tenant_unavailable"] * 11


async def test_cached_tokens_are_still_used_after_a_429(bridge: RunningBridge, tenant: FakeTenant) -> None:
    async with bridge:
        token = new_token(bridge, 0)
        await greeted(bridge, token)
        tenant.reply = LATER
        await bridge.error_text("greet", new_token(bridge, 1))
        assert await greeted(bridge, token) == "auth0|0"
    assert len(tenant.forms) == 2


async def test_calls_with_enough_time_wait_and_succeed(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.first_replies = [Reply(429, b"{}", {"Retry-After": "1"})]
    async with bridge:
        assert await greeted(bridge, new_token(bridge, 0)) == "auth0|0"
        assert await greeted(bridge, new_token(bridge, 1)) == "auth0|1"
    assert len(tenant.forms) == 3


async def test_other_processes_stop_asking_the_tenant_too(process: Process, tenant: FakeTenant) -> None:
    tenant.first_replies = [LATER]
    async with process() as first, process() as second:
        assert "Try again in 60 seconds" in await first.error_text("greet", new_token(first, 0))
        for number in range(1, 6):
            assert "it allows no more exchanges" in await second.error_text("greet", new_token(second, number))
    assert len(tenant.forms) == 1


async def test_exchanges_are_spaced_before_the_limit_is_hit(bridge: RunningBridge, tenant: FakeTenant) -> None:
    tenant.answer_headers = {
        "x-ratelimit-limit": "2",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(time.time()) + 60),
    }
    async with bridge:
        await greeted(bridge, new_token(bridge, 0))
        assert "Try again in" in await bridge.error_text("greet", new_token(bridge, 1))
    assert len(tenant.forms) == 1


async def test_a_429_of_the_api_does_not_stop_exchanges(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    api.reply = LATER
    async with bridge:
        for number in range(3):
            assert "The API cannot answer now" in await bridge.error_text("greet", new_token(bridge, number))
        api.reply = None
        await greeted(bridge, new_token(bridge, 3))
    assert len(tenant.forms) == 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_one_call_makes_at_most_three_attempts(bridge: RunningBridge, tenant: FakeTenant, status: int) -> None:
    tenant.reply = Reply(status, b"{}", {"Retry-After": "0"})
    async with bridge:
        await bridge.error_text("greet")
    assert len(tenant.forms) == 3
