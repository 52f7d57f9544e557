"""Which address a request came from, as far as proxies that are trusted say so: one rule for all services."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client behind `trusted` proxies; `peer` itself if it is not one of them.

    `forwarded_for` is the value of X-Forwarded-For, each proxy having appended its peer: the rightmost entry that no
    trusted proxy wrote for another one counts, and what stands left of it anybody may have made up.
    """
    if not is_within(peer, trusted):
        return peer
    found = peer
    for hop in reversed([part.strip() for part in forwarded_for.split(",")]):
        if parsed(hop) is None:
            break
        found = hop
        if not is_within(hop, trusted):
            break
    return found


def is_within(address: str, networks: Sequence[Network]) -> bool:
    ip = parsed(address)
    return ip is not None and any(ip in network for network in networks)


def parsed(text: str) -> Address | None:
    """The address in `text`; ::ffff:10.0.0.1, which is how 10.0.0.1 arrives on an IPv6 socket, is 10.0.0.1."""
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
