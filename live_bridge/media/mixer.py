"""The thread that mixes: what comes from the packet port of rtp.io and from listeners goes out as frames of 20 ms.

One thread for all calls that are listened to, and for keys on their way (`key_events.py`); it begins with the first and ends with
the last, so a bridge with neither has none. It holds Python's lock for about 0.2 ms a frame and call, and the loop's thread never
waits for it. Packets of a talk in which somebody speaks are passed on at the next look (`LOOK_S`), with head and pace as they
came.

Decides when frames go out. Leaves arithmetic to `mixing.py`, what is asked of rtp.io to `monitor.py`.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from live_bridge.media import codecs
from live_bridge.media.latching import Address
from live_bridge.media.mixing import FRAME_S, Addition, Ear, Mouth, added, parted

log = logging.getLogger(__name__)

LOOK_S: Final = 0.005
"""How often it is looked for packets."""

LOST_FRAMES: Final = 10
"""After a stand-still longer than this, frames are left out and not made up for."""

PACKETS_A_LOOK: Final = 512


class Mix:
    """One talk that is listened to: what its sides say, what the listener says, and to whom. `ears` are kept by the side that
    speaks, `additions` by the side that hears."""

    def __init__(self, payload: int, source: int, ip: str) -> None:
        """`payload` is what the listener speaks; `ip` is ours for the socket towards the listener's session."""
        rate = codecs.SAMPLE_RATE[payload]
        self.ears = {"a": Ear(rate), "b": Ear(rate)}
        self.additions: dict[str, Addition] = {}
        self.outputs: dict[str, tuple[socket.socket, Address]] = {}
        """By the side that hears: a second descriptor of its socket of rtp.io, and where its party is."""
        self.frames = 0
        """Sent to the listener so far."""
        self.line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.line.bind((ip, 0))
        self.line.setblocking(False)
        self.address = Address(ip, self.line.getsockname()[1])
        self.listener: Address | None = None
        self.next_s = time.monotonic()
        self._mouth = Mouth(payload, source)
        self._count = int(rate * FRAME_S)

    def heard(self, side: str, packet: bytes) -> None:
        """A copy of what a side says."""
        parts = parted(packet)
        if parts is not None:
            self.ears[side].hear(parts)

    def passed(self, side: str, packet: bytes) -> None:
        """A packet on its way to a side, diverted to us: on it goes, with the listener's voice."""
        output, addition = self.outputs.get(side), self.additions.get(side)
        if output is None or addition is None:
            return
        with contextlib.suppress(OSError):
            output[0].sendto(addition.passed(packet), (output[1].ip, output[1].port))

    def listen(self) -> None:
        """What the listener says."""
        while True:
            try:
                data = self.line.recv(2000)
            except OSError:
                return
            parts = parted(data)
            if parts is not None:
                for addition in list(self.additions.values()):
                    addition.hear(parts)

    def tick(self, now_s: float) -> None:
        """Send the listener the frames that are due."""
        if now_s - self.next_s > LOST_FRAMES * FRAME_S:
            self.next_s = now_s
        while self.next_s <= now_s:
            self.next_s += FRAME_S
            both = added(self.ears["a"].take(self._count), self.ears["b"].take(self._count))
            if self.listener is not None:
                self.frames += 1
                with contextlib.suppress(OSError):
                    self.line.sendto(self._mouth.said(both), (self.listener.ip, self.listener.port))

    def close(self) -> None:
        """Give the sockets back. Not while the mixer has it."""
        self.line.close()
        for output, _ in self.outputs.values():
            output.close()


Take = Callable[[bytes], None]


class Timed(Protocol):
    """What the thread looks after: a mix, or a key on its way."""

    next_s: float
    """When its next frame is due."""

    def listen(self) -> None:
        """Take in what has come to sockets of its own."""

    def tick(self, now_s: float) -> None:
        """Send what is due."""

    def close(self) -> None:
        """It is over: give sockets back."""


class Mixer:
    """All mixes of one rtp.io. `port` makes its packet port, when it is needed first."""

    def __init__(self, port: Callable[[], Any]) -> None:
        self._make = port
        self._port: Any = None
        self._lock = threading.Lock()
        self._mixes: list[Timed] = []
        self._takers: dict[int, Take] = {}
        self._numbers = 1
        self._thread: threading.Thread | None = None

    def way(self, take: Take) -> str:
        """A new number of the packet port, as rtp.io is told of it; `take` gets what is sent there, in the mixer's thread."""
        with self._lock:
            if self._port is None:
                self._port = self._make()
            self._numbers += 2  # the one after it is RTCP's
            self._takers[self._numbers] = take
            return f"{self._port.address_ref()} {self._numbers}"

    def forget(self, ways: Iterable[str]) -> None:
        """Nothing comes by these numbers any more."""
        with self._lock:
            for way in ways:
                self._takers.pop(int(way.split()[1]), None)

    def begin(self, mix: Timed) -> None:
        """Mix from now on."""
        with self._lock:
            mix.next_s = time.monotonic()
            self._mixes = [*self._mixes, mix]
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="mixer", daemon=True)
                self._thread.start()

    def end(self, mix: Timed) -> None:
        """Mix no more; its sockets are closed by the mixer's thread."""
        with self._lock:
            self._mixes = [one for one in self._mixes if one is not mix]

    def __len__(self) -> int:
        """Talks that are mixed now."""
        return len(self._mixes)

    def _run(self) -> None:
        known: list[Timed] = []
        while True:
            with self._lock:
                before, known = known, self._mixes
                takers = dict(self._takers)
                if not known:
                    self._thread = None
            for gone in before:
                if gone not in known:
                    gone.close()
            if not known:
                return
            try:
                self._look(known, takers)
            except Exception:
                log.exception("mixing broke for a moment")
            time.sleep(LOOK_S)

    def _look(self, mixes: list[Timed], takers: dict[int, Take]) -> None:
        for mix in mixes:
            mix.listen()
        with contextlib.suppress(BlockingIOError):
            for packet in self._port.try_pop_many(PACKETS_A_LOOK) or ():
                take = takers.get(packet.port)
                if take is not None:
                    take(bytes(packet))
        now_s = time.monotonic()
        for mix in mixes:
            mix.tick(now_s)
