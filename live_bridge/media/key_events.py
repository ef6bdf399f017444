"""A key put into a stream of RTP that passes: while it lasts, telephone events stand where packets of voice were.

A party that pressed it by SIP INFO sends voice all the while, and whoever hears it may know keys by RFC 4733 alone. So what goes
to that side is diverted to this process for as long as a key lasts, and each packet of voice becomes one of the event, with its
own number, source and pace; then the stream goes by itself again. No gap, no other source, no number twice. Decides how long a
key is held and that a stream without packets has no key in it. Leaves which keys to `calls/passed_keys.py`, the thread to
`mixer.py`. Limits: as for `monitor.py`, and not while somebody speaks into the same side. Source: RFC 4733 sections 2.3 and 2.5.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable
from typing import Final

from live_bridge.media.latching import Address, Ask
from live_bridge.media.mixing import parted
from live_bridge.media.rtpio import is_refusal
from live_bridge.media.session import Media, MediaSession, Side

Done = Callable[[bool], None]
Later = Callable[[float, Callable[[], None]], object]

CODES: Final = {key: code for code, key in enumerate("0123456789*#")}
"""Events of keys (RFC 4733 section 3.2)."""

HELD_PACKETS: Final = 6
END_PACKETS: Final = 3
"""Packets of 20 ms that a key lasts, and in how many its end is told (RFC 4733 section 2.5.1.4)."""

VOLUME: Final = 10
"""-10 dBm0."""

STEP: Final = 160
"""Units of the events' clock in a packet."""

WAIT_S: Final = 0.4
"""How long packets are awaited."""


class KeyEvents:
    """One key on its way to a side of a session. `number` is the payload type of events there, `where` the party; `done` is
    called once, in the thread that owns the calls: False when no packet came, and nothing was sent."""

    def __init__(
        self,
        media: Media,
        session: MediaSession,
        side: Side,
        key: str,
        number: int,
        where: Address,
        later: Later,
        done: Done,
    ) -> None:
        self._media = media
        self._session = session
        self._side: Side = side
        self._code = CODES[key]
        self._number = number
        self._where = (where.ip, where.port)
        self._later = later
        self._done: Done | None = done
        self._output: socket.socket | None = None
        self._stamp: int | None = None
        self._sent = 0
        self._returning = False
        self._way = media.mixer.way(self._passed)
        self.next_s = 0.0
        """Of no meaning here: it makes no frames of its own."""
        media.mixer.begin(self)
        media.work(self._divert, self._diverted)

    # --- in the thread of commands ------------------------------------------------------------------------------------

    def _divert(self, ask: Ask) -> str:
        latches, name = self._media.latches, self._session.name
        facing = latches.facing(name, self._side)
        if facing is None or latches.is_diverted(name, self._side):
            return ""
        self._output = socket.socket(fileno=os.dup(facing))
        return "0" if latches.divert(name, self._side, self._way, ask) else ""

    def _return(self, ask: Ask) -> str:
        self._media.latches.divert(self._session.name, self._side, "", ask)
        return "0"

    # --- in the thread that owns the calls ----------------------------------------------------------------------------

    def _diverted(self, answer: str) -> None:
        if is_refusal(answer):
            self._finish()
        else:
            self._later(WAIT_S, self._over)

    def _over(self) -> None:
        if self._returning:
            return
        self._returning = True
        self._media.work(self._return, lambda _answer: self._finish())

    def _finish(self) -> None:
        done, self._done = self._done, None
        self._media.mixer.forget([self._way])
        self._media.mixer.end(self)
        if done is not None:
            done(self._sent > 0)

    # --- in the mixer's thread ----------------------------------------------------------------------------------------

    def _passed(self, packet: bytes) -> None:
        output = self._output
        if output is None:
            return
        parts = parted(packet)
        if parts is not None and parts.payload != self._number and self._sent < HELD_PACKETS + END_PACKETS:
            packet = self._event(packet, parts.stamp)
        with contextlib.suppress(OSError):
            output.sendto(packet, self._where)
        if self._sent == HELD_PACKETS + END_PACKETS:
            self._sent += 1
            self._media.post(self._over)

    def _event(self, packet: bytes, stamp: int) -> bytes:
        """The packet that stands in the place of one of voice: its number and source, the time stamp of the key's beginning."""
        first = self._stamp is None
        begun = stamp if self._stamp is None else self._stamp
        self._stamp = begun
        self._sent += 1
        held = min(self._sent, HELD_PACKETS) * STEP
        end = 0x80 if self._sent > HELD_PACKETS else 0
        head = struct.pack("!BB2sI4s", 0x80, self._number | (0x80 if first else 0), packet[2:4], begun, packet[8:12])
        return head + struct.pack("!BBH", self._code, end | VOLUME, held)

    def listen(self) -> None:
        """Nobody speaks into it."""

    def tick(self, now_s: float) -> None:
        """It makes no frames of its own."""

    def close(self) -> None:
        """Give the socket back."""
        if self._output is not None:
            self._output.close()
