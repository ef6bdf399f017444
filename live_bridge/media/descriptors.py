"""How many files and sockets this process may hold open, and who gets how many.

A call takes four sockets of rtp.io and two files while it is recorded, so a limit of 1,024 is 170 calls, and fewer when others
take from it. Decides that the limit is raised as far as the system lets us, and that connections of HTTP and of SIP over TCP, TLS
and WebSocket have a share each, so that strangers who connect and say nothing leave calls what they need. Source: getrlimit(2).
"""

from __future__ import annotations

import logging
import resource
from typing import Final

log = logging.getLogger(__name__)

WANTED: Final = 65_536
"""Enough for 10,000 calls; more would only cost the kernel's tables."""

FEW: Final = 4_096
"""Below this the log says how many calls there is room for."""

OF_CALL: Final = 6
"""Sockets of a call, at most."""

HTTP_SHARE, HTTP_MOST = 1 / 8, 500
STREAM_SHARE, STREAM_MOST = 1 / 8, 2_000
"""Connections of HTTP in all, and of each SIP listener over a stream: a share of the limit, and never more than so many."""


def raise_limit() -> int:
    """Let this process open as many files as the system allows, up to `WANTED`; how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    unlimited = resource.RLIM_INFINITY
    wanted = WANTED if hard == unlimited else min(WANTED, hard)
    if soft != unlimited and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError) as fault:
            log.warning("the limit of open files stays %d: %s", soft, fault)
    held = limit()
    if held < FEW:
        log.warning(
            "this process may open %d files, which is room for about %d calls: raise LimitNOFILE or ulimit -Hn",
            held,
            calls(),
        )
    return held


def limit() -> int:
    """How many files this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return WANTED if soft == resource.RLIM_INFINITY else soft


def http_connections() -> int:
    """Connections of all HTTP ports together."""
    return min(HTTP_MOST, max(32, round(limit() * HTTP_SHARE)))


def stream_connections() -> int:
    """Connections of one SIP listener over TCP, TLS or WebSocket."""
    return min(STREAM_MOST, max(32, round(limit() * STREAM_SHARE)))


def calls() -> int:
    """Calls there is room for beside all other connections."""
    others = http_connections() + 2 * stream_connections() + 64
    return max(0, limit() - others) // OF_CALL
