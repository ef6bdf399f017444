"""What the hosting process and the one that bridges are forked from tell each other, in packets (`cli/fork_server.py`)."""

from __future__ import annotations

from typing import Final

import msgspec

MESSAGE_MOST: Final = 64 * 1024
"""Bytes of a message; one to start a bridge has some hundreds."""


class StartBridge(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Fork a bridge. Answered by `BridgeStarted` or `BridgeNotStarted`."""

    name: str
    config: str
    folder: str
    log: str
    environment: dict[str, str]


class SignalBridge(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Send a signal to a bridge; nothing, if it has ended meanwhile."""

    pid: int
    number: int


class BridgeStarted(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """A bridge was forked."""

    pid: int


class BridgeNotStarted(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """A bridge could not be forked."""

    why: str


class BridgeEnded(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """A bridge ended; `status` as of `subprocess.Popen.returncode`: below 0 it was a signal."""

    pid: int
    status: int
