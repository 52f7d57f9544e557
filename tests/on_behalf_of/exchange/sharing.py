"""Several processes of one bridge, simulated: they share a cache but not their memory."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import SimpleNamespace
from typing import Any

from on_behalf_of.exchange.kept_token import ExchangeKey
from on_behalf_of.exchange.shared_source import associated_data, token_entry
from on_behalf_of.primitives.sealed_box import SealedBox
from tests.issuer import API_AUDIENCE, BRIDGE_CLIENT
from tests.on_behalf_of.exchange.fake_tenant import FakeTenant
from tests.on_behalf_of.mcp.running_bridge import RunningBridge

FIRST, SECOND = b"1" * 32, b"2" * 32  # encryption keys
ALICE, MALLORY = "auth0|alice", "auth0|mallory"

Process = Callable[..., AbstractAsyncContextManager[RunningBridge]]


async def greeted(bridge: RunningBridge, token: str) -> str:
    result = await bridge.call("greet", token)
    assert not result.get("isError"), result
    return str(result["structuredContent"]["subject"])


def wish_of(token: str, tenant: FakeTenant | None = None) -> Any:
    """The wish of `greet` for this subject token."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    key = ExchangeKey(digest, API_AUDIENCE, ("read:private",), BRIDGE_CLIENT)
    if tenant is None:
        return SimpleNamespace(key=key)
    subject_token = SimpleNamespace(issuer=tenant.url, subject=tenant.decoded(token)["sub"])
    return SimpleNamespace(key=key, caller=SimpleNamespace(token=subject_token))


def key_of(token: str) -> str:
    return token_entry(wish_of(token))


def forged(content: bytes, token: str, tenant: FakeTenant) -> bytes:
    """Replace the token's entry, as an attacker with the key could."""
    return SealedBox([FIRST]).seal(content, associated_data(wish_of(token, tenant)))
