from collections.abc import Sequence
from functools import lru_cache

from on_behalf_of.mcp.endpoint.asgi_types import Scope, header_values
from on_behalf_of.primitives.client_address import Network, client_address, parsed

LONGEST_KEPT = 200  # characters of X-Forwarded-For


def users_address(scope: Scope, trusted_proxies: Sequence[Network]) -> str:
    """Return the address that a request came from, through trusted proxies only; empty if it is unknown.

    Loopback and link-local addresses count as unknown: they mean nothing outside this machine or network.
    """
    peer = scope.get("client")
    forwarded = ",".join(header_values(scope, "x-forwarded-for"))
    if not peer:
        return ""
    find = _told if len(forwarded) <= LONGEST_KEPT else _told.__wrapped__
    return find(peer[0], forwarded, tuple(trusted_proxies))


@lru_cache(maxsize=1_000)
def _told(peer: str, forwarded: str, trusted_proxies: tuple[Network, ...]) -> str:
    address = parsed(client_address(peer, forwarded, trusted_proxies))
    if address is None or address.is_loopback or address.is_link_local or address.is_unspecified:
        return ""
    return str(address).partition("%")[0]  # a zone is meaningful on this machine only
