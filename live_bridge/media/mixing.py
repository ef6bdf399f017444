"""Arithmetic of voices heard together: a buffer that makes packets a steady voice, and a voice added to packets that pass.

Decides how late a voice is played (`DELAY_FRAMES`), what a hole sounds like (silence) and that loud sums are clipped. Knows no
socket and no thread; `mixer.py` has both. Sources: RFC 3550 section 5.1 (RTP header), RFC 3551 (payload types).
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec
import numpy as np

from live_bridge.media import codecs
from live_bridge.media.codecs import Samples

FRAME_S: Final = 0.02
"""Length of a packet of ours."""

DELAY_FRAMES: Final = 2
"""So far behind the packets a voice is read: what comes late by less is not lost."""

RING_FRAMES: Final = 50
"""Longest a buffer holds: one second."""

_SIGNED: Final = 1 << 31


class Rtp(msgspec.Struct, frozen=True):
    """One RTP packet, parted."""

    head: bytes
    """Everything before the voice."""
    payload: int
    stamp: int
    source: int
    data: bytes


def parted(packet: bytes) -> Rtp | None:
    """An RTP packet in its parts; None for what is none.

    >>> parted(bytes([0x80, 8, 0, 1]) + bytes(8) + b"voice").data, parted(b"x")
    (b'voice', None)
    """
    size = len(packet)
    if size < 12 or packet[0] >> 6 != 2:
        return None
    start = 12 + 4 * (packet[0] & 0x0F)
    if packet[0] & 0x10:
        if start + 4 > size:
            return None
        start += 4 + 4 * int(struct.unpack_from("!H", packet, start + 2)[0])
    end = size - packet[-1] if packet[0] & 0x20 else size
    stamp, source = struct.unpack_from("!II", packet, 4)
    return Rtp(packet[:start], packet[1] & 0x7F, stamp, source, packet[start : max(start, end)])


def at_rate(samples: Samples, rate: int, wanted: int) -> Samples:
    """Samples of one of our two rates at the other: each twice, or the mean of two."""
    if rate == wanted:
        return samples
    if rate < wanted:
        return np.repeat(samples, wanted // rate)
    step = rate // wanted
    whole = samples[: len(samples) // step * step].astype(np.int32)
    fewer: Samples = whole.reshape(-1, step).mean(axis=1).astype(np.int16)
    return fewer


def added(one: Samples, other: Samples) -> Samples:
    """Two voices together; what is too loud is clipped."""
    both: Samples = np.clip(one.astype(np.int32) + other, -32768, 32767).astype(np.int16)
    return both


class Ear:
    """The voice of one RTP stream as samples at a steady pace, `rate` of them a second. Late, lost and repeated packets, a new
    source and a sender whose clock runs otherwise than ours are a hole or a jump and nothing more."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self._ring = np.zeros(int(rate * FRAME_S) * RING_FRAMES, dtype=np.int16)
        self._read = 0
        self._base: tuple[int, int, int] | None = None
        """Source, time stamp, and where in our count of samples it lies."""
        self._decoders: dict[int, codecs.Decoder] = {}

    def hear(self, packet: Rtp) -> None:
        """Take a packet in; what is no voice we speak is passed over."""
        if packet.payload not in codecs.PAYLOADS or not packet.data:
            return
        decoder = self._decoders.setdefault(packet.payload, codecs.Decoder(packet.payload))
        samples = at_rate(decoder.decode(packet.data), codecs.SAMPLE_RATE[packet.payload], self.rate)
        at = self._place(packet)
        if at < self._read or at + len(samples) > self._read + len(self._ring):
            at = self._read + DELAY_FRAMES * int(self.rate * FRAME_S)
            self._base = (packet.source, packet.stamp, at)
        if len(samples) <= len(self._ring) // 2:
            self._ring[(at + np.arange(len(samples))) % len(self._ring)] = samples

    def _place(self, packet: Rtp) -> int:
        if self._base is None or self._base[0] != packet.source:
            return -1
        ahead = (packet.stamp - self._base[1]) & 0xFFFFFFFF
        ahead -= (1 << 32) if ahead >= _SIGNED else 0
        return self._base[2] + ahead * self.rate // codecs.RTP_CLOCK

    def take(self, count: int) -> Samples:
        """The next samples; silence where nothing came."""
        places = (self._read + np.arange(count)) % len(self._ring)
        taken: Samples = self._ring[places].copy()
        self._ring[places] = 0
        self._read += count
        return taken


class Addition:
    """A voice added to the packets of one stream as they pass: head, order and pace stay theirs."""

    def __init__(self) -> None:
        self.voice: Ear = Ear(codecs.RTP_CLOCK)
        self._decoders: dict[int, codecs.Decoder] = {}
        self._encoders: dict[int, codecs.Encoder] = {}

    def hear(self, packet: Rtp) -> None:
        """The voice that is to be added."""
        self.voice.hear(packet)

    def passed(self, packet: bytes) -> bytes:
        """A packet with the voice in it; keys, comfort noise and what we do not speak pass as they are."""
        parts = parted(packet)
        if parts is None or parts.payload not in codecs.PAYLOADS or not parts.data:
            return packet
        rate = codecs.SAMPLE_RATE[parts.payload]
        if self.voice.rate != rate:
            self.voice = Ear(rate)
        decoder = self._decoders.setdefault(parts.payload, codecs.Decoder(parts.payload))
        encoder = self._encoders.setdefault(parts.payload, codecs.Encoder(parts.payload))
        said = decoder.decode(parts.data)
        return parts.head + encoder.encode(added(said, self.voice.take(len(said))))


class Mouth:
    """A stream of RTP of our own: samples in, packets out."""

    def __init__(self, payload: int, source: int) -> None:
        self.payload = payload
        self._encoder = codecs.Encoder(payload)
        self._source = source & 0xFFFFFFFF
        self._sequence = source & 0xFFFF
        self._stamp = source & 0x7FFFFFFF
        self._marked = True

    def said(self, samples: Samples) -> bytes:
        """The next packet."""
        data = self._encoder.encode(samples)
        kind = self.payload | (0x80 if self._marked else 0)
        head = struct.pack("!BBHII", 0x80, kind, self._sequence & 0xFFFF, self._stamp & 0xFFFFFFFF, self._source)
        self._marked = False
        self._sequence += 1
        self._stamp += len(data)
        return head + data
