"""A telephone that speaks RTP and nothing else, and ears for what it heard."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from live_bridge.media import codecs
from live_bridge.media.codecs import Samples
from live_bridge.media.session import Address

PACKET_S = 0.02

PRESS_PACKETS = 8
"""Packets of one key: five while it is held, and the last one three times."""

G722 = 9
"""Payload type (RFC 3551), of which 16,000 samples a second come."""

LOUD = 0.15
"""Amplitude from which a pitch counts as heard; `tone` says 0.3."""


def tone(pitch_hz: float, length_s: float, rate: int = 8000, peak: float = 0.3) -> Samples:
    """A sine wave."""
    time_s = np.arange(round(length_s * rate)) / rate
    return np.rint(np.sin(2 * np.pi * pitch_hz * time_s) * peak * 32767).astype(np.int16)


def level(samples: Samples, pitch_hz: float, rate: int = 8000) -> float:
    """Amplitude of one pitch in `samples`, full scale being 1 (Goertzel's question, asked by correlation)."""
    if len(samples) == 0:
        return 0.0
    time_s = np.arange(len(samples)) / rate
    return float(2 * abs(np.mean(samples / 32768 * np.exp(-2j * np.pi * pitch_hz * time_s))))


def rouse(datagrams: Any) -> None:
    """Let a thread that waits for datagrams go on at once: it gets an empty one, and so does whoever waits from now on."""
    with contextlib.suppress(OSError):  # "not connected", said after it is done
        datagrams.shutdown(socket.SHUT_RDWR)


class Telephone:
    """Sends and receives RTP on one UDP socket of this machine."""

    def __init__(self, payload: int = 0, events: int = 101, ip: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.bind((ip, 0))
        self.address = Address(ip, self._socket.getsockname()[1])
        self.payload = payload
        self.events = events
        self.packets: list[bytes] = []
        self._news = threading.Condition()
        self._sequence = 1000
        self._stamp = 5000
        self._source = self.address.port
        self._closed = False
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closed = True
        rouse(self._socket)
        self._thread.join()
        self._socket.close()

    def _receive(self) -> None:
        while not self._closed:
            data = self._socket.recv(2000)
            if self._closed:
                return
            with self._news:
                self.packets.append(data)
                self._news.notify_all()

    def forget(self) -> None:
        """Forget what was heard so far."""
        with self._news:
            self.packets.clear()

    def wait_heard(self, packets: int, timeout_s: float = 20.0) -> Samples:
        """What was heard, once `packets` voice packets have come; fails when they do not."""
        with self._news:
            if not self._news.wait_for(lambda: len(self._voice()) >= packets, timeout_s):
                raise AssertionError(f"heard {len(self._voice())} packets in {timeout_s} s, wanted {packets}")
            return self.heard()

    def heard(self) -> Samples:
        """All voice received, one packet after the other."""
        decoder = codecs.Decoder(self.payload)
        return np.concatenate([np.zeros(0, np.int16), *(decoder.decode(packet[12:]) for packet in self._voice())])

    def hears(self, pitch_hz: float) -> bool:
        """Whether a pitch has been heard, for a tenth of a second at least."""
        rate = 16_000 if self.payload == G722 else 8_000
        samples, window = self.heard(), rate // 10
        starts = range(0, len(samples) - window + 1, window // 2)
        return any(level(samples[at : at + window], pitch_hz, rate) > LOUD for at in starts)

    def wait_pitch(self, pitch_hz: float, timeout_s: float = 20.0) -> None:
        """Wait until a pitch has been heard; fails when it is not."""
        with self._news:
            if not self._news.wait_for(lambda: self.hears(pitch_hz), timeout_s):
                heard = self.heard()
                raise AssertionError(f"no {pitch_hz:g} Hz in {len(heard)} samples; level {level(heard, pitch_hz):.3f}")

    def digits_heard(self) -> list[str]:
        """Keys received as RFC 4733 events."""
        stamps = {packet[4:8]: packet[12] for packet in list(self.packets) if packet[1] & 0x7F == self.events}
        return ["0123456789*#"[event] for event in stamps.values()]

    def wait_digits(self, *digits: str, timeout_s: float = 20.0) -> None:
        """Wait until exactly these keys have been received; fails when they are not, or others are."""
        with self._news:
            if not self._news.wait_for(lambda: self.digits_heard() == list(digits), timeout_s):
                raise AssertionError(f"received the keys {self.digits_heard()}, wanted {list(digits)}")

    def _voice(self) -> list[bytes]:
        return [packet for packet in list(self.packets) if packet[1] & 0x7F == self.payload]

    def say(self, samples: Samples, to: Address, enough: threading.Event | None = None) -> None:
        """Send `samples` in real time, 20 ms a packet, until all are said or it is `enough`."""
        data = codecs.encode(samples, self.payload)
        next_s = time.monotonic()
        for start in range(0, len(data) - 159, 160):
            if enough is not None and enough.is_set():
                return
            self._send(self.payload, data[start : start + 160], to)
            self._stamp += 160
            next_s += PACKET_S
            time.sleep(max(0.0, next_s - time.monotonic()))

    def press(self, digit: str, to: Address) -> None:
        """One key as an RFC 4733 event of 100 ms, its last packet three times."""
        event = "0123456789*#".index(digit)
        for number in range(1, 6):
            self._send_event(event, number * 160, False, number == 1, to)
            time.sleep(PACKET_S)
        for _ in range(3):
            self._send_event(event, 800, True, False, to)
        self._stamp += 800

    def _send_event(self, event: int, length: int, last: bool, first: bool, to: Address) -> None:
        self._send(self.events, struct.pack("!BBH", event, (0x80 if last else 0) | 10, length), to, marked=first)

    def _send(self, payload: int, data: bytes, to: Address, marked: bool = False) -> None:
        head = struct.pack(
            "!BBHII", 0x80, payload | (0x80 if marked else 0), self._sequence & 0xFFFF, self._stamp, self._source
        )
        self._sequence += 1
        self._socket.sendto(head + data, (to.ip, to.port))


class Loop:
    """The thread that owns the calls, made of the test's own thread: runs what was posted while it waits."""

    def __init__(self) -> None:
        self._posted: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._news = threading.Condition()

    def post(self, function: Callable[..., Any], /, *args: Any) -> None:
        with self._news:
            self._posted.append((function, args))
            self._news.notify()

    def run_until(self, condition: Callable[[], bool], timeout_s: float = 20.0) -> None:
        """Run what is posted until `condition` holds; fails when it does not in time."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            with self._news:
                if not self._posted and not self._news.wait(end_s - time.monotonic()):
                    raise AssertionError(f"not in {timeout_s} s: {condition}")
                posted, self._posted = self._posted, []
            for function, args in posted:
                function(*args)

    def ask(self, start: Callable[[Callable[..., None]], object], timeout_s: float = 20.0) -> Any:
        """Call `start(done)` and give back what `done` was called with."""
        answers: list[Any] = []
        start(lambda *args: answers.append(args[0] if args else None))
        self.run_until(lambda: bool(answers), timeout_s)
        return answers[0]
