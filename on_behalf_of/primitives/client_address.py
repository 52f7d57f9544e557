"""Find the address that a request came from, as trusted proxies report it. All services use this one rule."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Return the address of the client behind `trusted` proxies; `peer` itself if it is not one of them.

    `forwarded_for` is the value of X-Forwarded-For, to which each proxy appended its peer. The rightmost entry that is
    not a trusted proxy counts; a client may have invented everything to the left of it.
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
    """Return the address in `text`, None if there is none.

    An IPv4 address that arrived on an IPv6 socket (::ffff:10.0.0.1) becomes 10.0.0.1.
    """
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip
