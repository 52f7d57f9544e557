"""A busy tenant or API is asked again if that is safe and there is time; otherwise the user is told."""

import time
from email.utils import formatdate

import anyio
import pytest

from on_behalf_of.primitives import circuit_breaker
from on_behalf_of.primitives.circuit_breaker import FAILURES
from on_behalf_of.primitives.time_budget import HEADER
from tests.loopback_server import Reply
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio

SOON = Reply(429, b"{}", {"Retry-After": "1"})


async def test_a_burst_of_a_hundred_calls_at_a_rate_limit_needs_one_exchange_and_loses_no_call(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    bridge.configure(upstream_timeout=20)
    tenant.first_replies = [SOON]
    token, failed = bridge.token(), []

    async def call() -> None:
        failed.append((await bridge.call("greet", token)).get("isError", False))

    async with bridge, anyio.create_task_group() as calls:
        for _ in range(100):
            calls.start_soon(call)
    assert failed == [False] * 100
    assert len(tenant.forms) == 2  # the one that was throttled, and the one that succeeded


@pytest.mark.parametrize(
    "times",
    [
        {"Retry-After": "0"},
        {"Retry-After": formatdate(time.time() - 5, usegmt=True)},
        {"x-ratelimit-reset": str(int(time.time()) - 5)},
    ],
)
async def test_a_retry_time_in_any_format_is_respected(
    bridge: RunningBridge, tenant: FakeTenant, times: dict[str, str]
) -> None:
    tenant.first_replies = [Reply(429, b"{}", times)]
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")


async def test_a_wait_that_is_too_long_for_the_call_is_reported_at_once(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    tenant.first_replies = [Reply(429, b"{}", {"Retry-After": "60"})]
    async with bridge:
        assert "Try again in 60 seconds" in await bridge.error_text("greet")
    assert len(tenant.forms) == 1


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_an_exchange_with_a_transient_failure_is_retried(
    bridge: RunningBridge, tenant: FakeTenant, status: int
) -> None:
    tenant.first_replies = [Reply(status), Reply(status)]
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")
    assert len(tenant.forms) == 3


@pytest.mark.parametrize(("status", "exchanges"), [(503, 3), (500, 1), (403, 1), (429, 1)])
async def test_the_tenant_gets_a_few_retries_and_only_if_they_can_help(
    bridge: RunningBridge, tenant: FakeTenant, status: int, exchanges: int
) -> None:
    tenant.reply = Reply(status)
    async with bridge:
        await bridge.error_text("greet")
    assert len(tenant.forms) == exchanges


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_read_is_repeated_if_the_api_names_a_time(bridge: RunningBridge, api: FakeApi, status: int) -> None:
    api.first_replies = [Reply(status, b"{}", {"Retry-After": "0"})]
    async with bridge:
        assert not (await bridge.call("greet")).get("isError")
    assert len(api.received) == 2


async def test_a_read_is_not_repeated_if_the_api_names_no_time(bridge: RunningBridge, api: FakeApi) -> None:
    api.first_replies = [Reply(503)]
    async with bridge:
        assert "it failed (503)" in await bridge.error_text("greet")
    assert len(api.received) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_write_is_never_repeated(bridge: RunningBridge, api: FakeApi, status: int) -> None:
    """RFC 9110 §9.2.2: POST is not idempotent, and an error response may follow completed work."""
    api.first_replies = [Reply(status, b"{}", {"Retry-After": "0"})]
    async with bridge:
        assert str(status) in await bridge.error_text("add_note", title="x")
    assert len(api.received) == 1


async def test_the_api_learns_the_remaining_time_and_the_tenant_does_not(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    api.first_replies = [Reply(503, b"{}", {"Retry-After": "0"})]
    async with bridge:
        await bridge.call("greet")
    first, second = (int(received.headers[HEADER]) for received in api.received)
    assert 0 < second < first <= 5_000
    assert HEADER not in tenant.received[0].headers


async def test_a_token_that_the_api_revoked_is_exchanged_again_once(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        api.first_replies = [Reply(401)]
        assert not (await bridge.call("add_note", token, title="x")).get("isError")
        assert not (await bridge.call("add_note", token, title="y")).get("isError")
    assert len(tenant.forms) == 3  # read, write, and write once more
    sent = [received.headers["Authorization"] for received in api.received]
    assert len(set(sent)) == 3
    assert sent[2] == sent[3]


async def test_a_second_401_is_reported_without_another_attempt(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    api.reply = Reply(401, b'{"detail":"The access token has expired."}')
    async with bridge:
        assert "did not accept the token" in await bridge.error_text("greet")
    assert (len(tenant.forms), len(api.received)) == (2, 2)


async def test_many_calls_with_a_revoked_token_share_the_new_exchange(
    bridge: RunningBridge, tenant: FakeTenant, api: FakeApi
) -> None:
    token = bridge.token()
    async with bridge:
        await bridge.call("greet", token)
        revoked = api.received[0].headers["Authorization"]
        api.refused = {revoked}
        async with anyio.create_task_group() as calls:
            for _ in range(20):
                calls.start_soon(bridge.call, "greet", token)
    assert len(tenant.forms) == 2


async def test_a_dead_tenant_is_not_asked_on_every_call(
    bridge: RunningBridge, tenant: FakeTenant, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(circuit_breaker, "TRIAL_PAUSE", 30)
    tenant.reply = Reply(500)
    async with bridge:
        for _ in range(20):
            await bridge.error_text("greet")
        assert "it does not answer" in await bridge.error_text("greet")
        assert len(tenant.forms) == FAILURES
        assert len([line for line in caplog.messages if "tried once a second" in line]) == 1
