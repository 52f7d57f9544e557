"""Many users at once: each sees only themselves."""

import asyncio

import pytest

from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

pytestmark = pytest.mark.anyio

USERS = [f"auth0|user-{number}" for number in range(50)]


async def test_fifty_users_at_once_each_see_only_themselves(bridge: RunningBridge, tenant: FakeTenant) -> None:
    async with bridge:
        tokens = {user: bridge.token(sub=user) for user in USERS}

        async def session(user: str) -> None:
            await bridge.call("add_note", tokens[user], title=f"of {user}")
            for _ in range(2):
                greeting, notes = await asyncio.gather(
                    bridge.call("greet", tokens[user]), bridge.call("list_notes", tokens[user])
                )
                assert greeting["structuredContent"]["subject"] == user
                assert [note["title"] for note in notes["structuredContent"]["items"]] == [f"of {user}"]

        await asyncio.gather(*map(session, USERS))
    assert len(tenant.forms) == 2 * len(USERS)  # one for each user and scope


async def test_a_caller_that_disconnects_does_not_break_the_other_waiters(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    tenant.may_answer.clear()
    async with bridge:
        token = bridge.token()
        calls = [asyncio.create_task(bridge.call("greet", token)) for _ in range(5)]
        assert await asyncio.to_thread(tenant.was_asked.wait, 10)
        calls[0].cancel()
        tenant.may_answer.set()
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(isinstance(result, dict) and not result.get("isError") for result in results[1:])
    assert len(tenant.forms) <= 2  # where the exchange was the first caller's own, another begins it anew


async def test_a_silent_tenant_does_not_block_tools_that_do_not_need_it(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    tenant.may_answer.clear()
    async with bridge:
        waiting = [
            asyncio.create_task(bridge.call("greet", bridge.token(sub=f"auth0|{number}"))) for number in range(80)
        ]
        assert await asyncio.to_thread(tenant.was_asked.wait, 10)
        assert not (await bridge.call("whoami")).get("isError")
        tenant.may_answer.set()
        await asyncio.gather(*waiting)
