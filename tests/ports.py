"""Ports for tests: of a range that belongs to the worker that asks, so that no two workers are given the same one.

They lie below the ephemeral ports, which the kernel gives to clients at any moment, and below the media ranges of the tests.
"""

from __future__ import annotations

import contextlib
import os
import socket

FIRST, EACH, WORKERS = 10_000, 1_000, 9
"""Of the first worker; ports a worker; workers that have ranges of their own."""

_given = os.getpid()
"""Where the search goes on. It begins elsewhere in every process, for those who run tests twice at once."""


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens, by UDP or by TCP. Raises RuntimeError where there is none."""
    global _given
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    first = FIRST + int(worker) % WORKERS * EACH
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
