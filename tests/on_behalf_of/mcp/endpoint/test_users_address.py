"""The bridge can forward the user's address, so that the tenant throttles users separately (auth0-forwarded-for)."""

from ipaddress import ip_network

import pytest

from on_behalf_of.mcp.endpoint.users_address import users_address
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.fake_api import FakeApi
from tests.on_behalf_of.mcp.running_bridge import RunningBridge, tools_call

pytestmark = pytest.mark.anyio

USER = "198.51.100.7"
HEADER = "auth0-forwarded-for"


async def greet(bridge: RunningBridge) -> None:
    async with bridge:
        answer = await bridge.post(tools_call("greet"), bridge.token(), **{"X-Forwarded-For": f"6.6.6.6, {USER}"})
        assert not answer.json()["result"].get("isError")


async def test_only_the_tenant_gets_the_users_address(bridge: RunningBridge, tenant: FakeTenant, api: FakeApi) -> None:
    bridge.configure(forwards_address=True, trusted_proxies=(ip_network("127.0.0.0/8"),))
    await greet(bridge)
    assert tenant.received[0].headers[HEADER] == USER
    assert not any(USER in str(received.headers) for received in api.received)


async def test_if_forwarding_is_off_no_address_is_sent(bridge: RunningBridge, tenant: FakeTenant) -> None:
    bridge.configure(trusted_proxies=(ip_network("127.0.0.0/8"),))
    await greet(bridge)
    assert USER not in str(tenant.received[0].headers)


async def test_without_trusted_proxies_the_callers_headers_are_not_forwarded(
    bridge: RunningBridge, tenant: FakeTenant
) -> None:
    bridge.configure(forwards_address=True)
    await greet(bridge)
    assert HEADER not in tenant.received[0].headers


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", USER, "203.0.113.5"),
        ("10.0.0.1", USER, USER),
        ("10.0.0.1", f"6.6.6.6, {USER}", USER),
        ("10.0.0.1", "::ffff:198.51.100.7", USER),
        ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "a\r\nb", "10.0.0.1"),
        ("10.0.0.1", "127.0.0.1", ""),
        ("127.0.0.1", USER, ""),
        ("::1", "", ""),
        ("fe80::1%eth0", "", ""),
        ("", "", ""),
    ],
)
def test_the_address_is_the_last_one_from_outside_the_trusted_proxies(peer: str, forwarded: str, address: str) -> None:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    scope = {"client": (peer, 1) if peer else None, "headers": headers}
    assert users_address(scope, (ip_network("10.0.0.0/8"),)) == address
