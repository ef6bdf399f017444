"""UDP ports of the media range for sockets of this process, taken at random: RTP's are even (RFC 3550 section 11).

Leaves what goes through them to `srtp.py` and `ice_agent.py`. rtp.io takes its own, and passes over those in use.
"""

from __future__ import annotations

import secrets
import socket
from typing import Final

TRIES: Final = 200
"""Ports that are tried before none counts as free."""


def taken(host: str, ports: tuple[int, int], count: int) -> tuple[socket.socket, ...]:
    """So many sockets that do not block, on an even port of `host` and those after it; empty when none is left."""
    first, last = ports
    for _ in range(TRIES):
        port = first + first % 2 + 2 * secrets.randbelow(max(1, (last - first) // 2))
        made = _bound(host, range(port, port + count))
        if made:
            return made
    return ()


def _bound(host: str, ports: range) -> tuple[socket.socket, ...]:
    """Sockets bound to these ports; empty where one is taken."""
    made: list[socket.socket] = []
    for port in ports:
        own = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        made.append(own)
        own.setblocking(False)
        try:
            own.bind((host, port))
        except OSError:
            for one in made:
                one.close()
            return ()
    return tuple(made)
