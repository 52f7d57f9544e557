"""Several processes of one bridge, as far as they share a cache and not their memory."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from on_behalf_of.exchange.cache import ExchangeKey
from on_behalf_of.exchange.entry_cipher import EntryCipher
from on_behalf_of.exchange.shared_tokens import Place
from tests.issuer import API_AUDIENCE, BRIDGE_CLIENT
from tests.mcp_bridge.fake_tenant import FakeTenant
from tests.mcp_bridge.running_bridge import RunningBridge

FIRST, SECOND = b"1" * 32, b"2" * 32  # encryption keys
ALICE, MALLORY = "auth0|alice", "auth0|mallory"

Process = Callable[..., AbstractAsyncContextManager[RunningBridge]]


async def greeted(bridge: RunningBridge, token: str) -> str:
    result = await bridge.call("greet", token)
    assert not result.get("isError"), result
    return str(result["structuredContent"]["subject"])


def place_of(token: str, tenant: FakeTenant) -> Place:
    """Where the token that `greet` gets for this subject token is kept."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    key = ExchangeKey(digest, API_AUDIENCE, ("read:private",), BRIDGE_CLIENT)
    return Place(str(key), (tenant.url, tenant.decoded(token)["sub"], API_AUDIENCE, BRIDGE_CLIENT, "read:private"))


def key_of(token: str) -> str:
    digest = hashlib.sha256(token.encode()).hexdigest()
    return f"token:{ExchangeKey(digest, API_AUDIENCE, ('read:private',), BRIDGE_CLIENT)}"


def forged(content: bytes, token: str, tenant: FakeTenant) -> bytes:
    """An entry in the token's place by somebody who even has the key."""
    return EntryCipher([FIRST]).seal(content, place_of(token, tenant).associated())
