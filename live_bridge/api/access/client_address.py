"""The address of who asks, where a proxy stands before the API: only what a trusted proxy says is believed (RFC 7239 section 8).

Decides by `X-Forwarded-For` from its end: the last address that is no proxy of ours. Addresses of IPv6 count by their network of
64 bits, of which one customer has at least one (RFC 6177).
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address of a client whose connection comes from `peer`, with what a proxy wrote of it.

    >>> client_address("127.0.0.1", "203.0.113.9, 198.51.100.7", (ip_network("127.0.0.0/8"),))
    '198.51.100.7'
    >>> client_address("203.0.113.9", "10.0.0.1", ()), client_address("2001:db8::1", "", ())
    ('203.0.113.9', '2001:db8::/64')
    """
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    address = peer
    while _is_trusted(address, trusted) and hops:
        address = hops.pop()
    return _counted(address)


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted if network.version == found.version)


def _counted(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))
