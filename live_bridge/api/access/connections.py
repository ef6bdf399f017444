"""Connections of the HTTP ports: how many there may be, and how long each may keep us waiting.

A connection costs a file of the process, and calls need those. Decides that a client that connects and does not ask is let go
after `HEAD_S`, one that stops in the middle of a request or of reading an answer after `BODY_S`; that there are so many
connections in all and of one address; and that of those that have asked for nothing yet the oldest goes when there are too many,
so that strangers who hold connections open keep nobody out. Leaves requests to uvicorn. Sources: RFC 9112 section 9.5, uvicorn
0.54 (its protocol has no limit but that of keep-alive).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections import Counter
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from live_bridge.media import descriptors

log = logging.getLogger(__name__)

HEAD_S: Final = 10.0
"""Until a request is complete up to its body, from the beginning of the connection or the end of the answer before."""

BODY_S: Final = 30.0
"""For a body to arrive, and for an answer that nobody reads."""

LOOK_S: Final = 1.0

SILENT: Final = 100
SILENT_OF_ADDRESS: Final = 30
"""Connections that have asked for nothing yet."""

OF_ADDRESS: Final = 200
"""Connections of one address. A proxy in front of us is one address."""

LOGGED_EVERY_S: Final = 60.0


Address = tuple[str, int]


class AcceptedSocket(socket.socket):
    """An accepted connection that tells its gate when it is closed."""

    gate: Gate | None = None
    address: Address = ("", 0)

    def close(self) -> None:
        """Close it, and give its place back."""
        gate, self.gate = self.gate, None
        super().close()
        if gate is not None:
            gate.left(self)


class Gate:
    """All connections of the HTTP ports of one bridge. One thread a port: places are counted under Python's own lock."""

    def __init__(self, at_most: int | None = None) -> None:
        self.at_most = descriptors.http_connections() if at_most is None else at_most
        self.refused = 0
        """Connections that found no place, or lost it to others before they asked for anything."""
        self._open: dict[Address, AcceptedSocket] = {}
        self._silent: dict[Address, AcceptedSocket] = {}
        """Those that have asked for nothing, the oldest first."""
        self._of_host: Counter[str] = Counter()
        self._silent_of_host: Counter[str] = Counter()
        self._logged_s = 0.0

    def __len__(self) -> int:
        """Connections now."""
        return len(self._open)

    def enter(self, connection: AcceptedSocket, address: Address) -> bool:
        """Whether an accepted connection may stay."""
        host = address[0]
        if len(self._open) >= self.at_most and not self._make_room(None):
            return self._refuse(host)
        if self._of_host[host] >= OF_ADDRESS:
            return self._refuse(host)
        if self._silent_of_host[host] >= SILENT_OF_ADDRESS:
            self._make_room(host)
        elif len(self._silent) >= SILENT:
            self._make_room(None)
        connection.gate, connection.address = self, address
        self._open[address] = self._silent[address] = connection
        self._of_host[host] += 1
        self._silent_of_host[host] += 1
        return True

    def asked(self, address: Address) -> None:
        """The first request of a connection is there."""
        if self._silent.pop(address, None) is not None:
            self._less(self._silent_of_host, address[0])

    def left(self, connection: AcceptedSocket) -> None:
        """A connection is closed."""
        address = connection.address
        if self._open.get(address) is connection:
            del self._open[address]
            self._less(self._of_host, address[0])
            self.asked(address)

    def _make_room(self, host: str | None) -> bool:
        """Let the oldest connection go that has asked for nothing, of one address or of all."""
        for address, connection in self._silent.items():
            if host in (None, address[0]):
                self.asked(address)
                self._refuse(address[0])
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)  # its own protocol closes it
                return True
        return False

    def _refuse(self, host: str) -> bool:
        self.refused += 1
        now = time.monotonic()
        if now - self._logged_s > LOGGED_EVERY_S:
            self._logged_s = now
            log.warning("HTTP connections are refused or cut short, now one of %s; %d so far", host, self.refused)
        return False

    @staticmethod
    def _less(counted: Counter[str], host: str) -> None:
        counted[host] -= 1
        if counted[host] <= 0:
            del counted[host]


class GuardedListener(socket.socket):
    """A listening socket whose connections go through a gate."""

    gate: Gate

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection that may stay; those that may not are closed at once."""
        fd, address = self._accept()  # type: ignore[attr-defined]
        connection = AcceptedSocket(self.family, self.type, self.proto, fileno=fd)
        if not self.gate.enter(connection, (str(address[0]), int(address[1]))):
            connection.close()
            raise ConnectionAbortedError("no place")
        return connection, address


class PatientProtocol(H11Protocol):
    """HTTP of one connection, with an end to patience. `gate` is set on a subclass of each server."""

    gate: Gate
    _look: asyncio.TimerHandle | None = None
    _since_s = 0.0
    _state: Any = None
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See asyncio."""
        super().connection_made(transport)
        self._since_s = time.monotonic()
        self._look = self.loop.call_later(LOOK_S, self._look_at_it)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Requests as they come."""
        super().handle_events()
        if self.headers is not None and self.client is not None:
            self.gate.asked(self.client)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on the connection is a WebSocket's, whose library has time-outs of its own."""
        if self._look is not None:
            self._look.cancel()
            self._look = None
        super().handle_websocket_upgrade(event)

    def _look_at_it(self) -> None:
        self._look = None
        if self.transport.is_closing():
            return
        now = time.monotonic()
        waits = self._waits_for()
        if waits != self._state:
            self._state, self._since_s = waits, now
        limit_s = None if waits is None else HEAD_S if waits == "head" else BODY_S
        if limit_s is not None and now - self._since_s > limit_s:
            if waits == "head" and self.conn.our_state is h11.IDLE:
                self.transport.write(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                self.transport.close()
            else:
                self.transport.abort()
            return
        self._look = self.loop.call_later(LOOK_S, self._look_at_it)

    def _waits_for(self) -> object:
        """What the client keeps us waiting for: the head of a request, its body, or the reading of so much of an answer."""
        unread = self.transport.get_write_buffer_size()
        if unread:
            return unread
        if self.conn.their_state is h11.SEND_BODY:
            return "body"
        return "head" if self.conn.their_state is h11.IDLE and self.conn.our_state is h11.IDLE else None
