"""Ports for tests: of a range that belongs to the worker that asks, so that no two workers are given the same one.

They lie below the ephemeral ports, which the kernel gives to clients at any moment, and below 20000, where a bridge takes its
media ports if nobody says otherwise.
"""

from __future__ import annotations

import contextlib
import os
import socket

WORKERS = 3
"""That have ranges of their own; one more shares with the first."""
FIRST, EACH = 10_000, 1_000
"""Ports to listen on: the first worker's first one, and how many a worker has."""
MEDIA_FIRST, MEDIA_EACH = 13_000, 2_300
"""The same for RTP."""

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_given = os.getpid()
"""Where the search goes on. It begins elsewhere in every process, for those who run tests twice at once."""
_media_given = 0


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, by UDP or by TCP. Raises RuntimeError where there is none."""
    global _given
    first = FIRST + _worker * EACH
    for _ in range(EACH):
        _given += 1
        port = first + _given % EACH
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
            socket.socket() as stream,
        ):
            datagrams.bind(("127.0.0.1", port))
            stream.bind(("127.0.0.1", port))
            return port
    raise RuntimeError(f"no port from {first} to {first + EACH - 1} is free")


def media_ports(count: int) -> tuple[int, int]:
    """First and last of so many ports for RTP, an even number. They come round again: the relay passes over those in use."""
    global _media_given
    if _media_given + count > MEDIA_EACH:
        _media_given = 0
    first = MEDIA_FIRST + _worker * MEDIA_EACH + _media_given
    _media_given += count
    return first, first + count - 1
