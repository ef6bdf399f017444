"""RTP of the rehearsal's telephones: keys, and speech whose time stamps say how long it lasted.

Decides how a minute of speech is sent in a moment: a packet for every half second, with the stamps of its instants. Recordings
are laid out by stamps (`media/recording.py`), so they are as long as in real time; nobody hears the holes. Sources: RFC 3550
section 5.1 (header), RFC 4733 section 2.3 (keys).
"""

from __future__ import annotations

import secrets
import socket
import struct
from typing import Final

from engine.contract.ids import SECOND_US, Duration

CLOCK: Final = 8000
PACKET: Final = 160
"""Samples of a packet, and bytes: 20 ms of G.711."""

EVERY: Final = CLOCK // 2
"""Samples from one packet to the next."""

LOUD: Final = bytes([0x20, 0xA0]) * (PACKET // 2)
"""A tone in mu-law that counts as speech."""

EVENTS: Final = "0123456789*#"


class Speech:
    """One telephone's RTP in one call."""

    def __init__(self, ip: str) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ip, 0))
        self.ip = ip
        self.port: int = self.socket.getsockname()[1]
        self._sequence = secrets.randbits(15)
        self._stamp = secrets.randbits(31)
        self._source = secrets.randbits(32)

    def close(self) -> None:
        """Put it away."""
        self.socket.close()

    def _send(self, to: tuple[str, int], kind: int, stamp: int, body: bytes, marked: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack(
            "!BBHII", 0x80, kind | (0x80 if marked else 0), self._sequence, stamp & 0xFFFFFFFF, self._source
        )
        self.socket.sendto(head + body, to)

    def say(self, to: tuple[str, int], length_us: Duration) -> int:
        """Speak for so long, at once; how many packets it took. The last one ends where the length does."""
        length = max(PACKET, round(length_us * CLOCK / SECOND_US))
        stamps = [*range(0, max(1, length - PACKET), EVERY), length - PACKET]
        for place, at in enumerate(stamps):
            self._send(to, 0, self._stamp + at, LOUD, marked=place == 0)
        self._stamp += length
        return len(stamps)

    def press(self, to: tuple[str, int], key: str) -> None:
        """A key: three packets while it is held, three when it is let go."""
        event = EVENTS.index(key)
        self._stamp += PACKET
        for place, (end, duration) in enumerate([(0, 160), (0, 320), (0, 480), (0x80, 640), (0x80, 640), (0x80, 640)]):
            body = struct.pack("!BBH", event, end | 10, duration)
            self._send(to, 101, self._stamp, body, marked=place == 0)
        self._stamp += 640
