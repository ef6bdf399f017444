"""G.711 and G.722: samples to payload bytes and back. The only file that knows codec arithmetic.

G.711 is built here as two tables, since Python's own (`audioop`) is gone from 3.13 on; G.722 comes from the `G722`
package. Samples are numpy int16 arrays, mono. Source: ITU-T G.711 (1988), G.722 (1988); payload types of RFC 3551.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from G722 import G722

Samples = npt.NDArray[np.int16]

PCMU, PCMA, G722_PAYLOAD = 0, 8, 9
"""Payload types (RFC 3551 section 6)."""

PAYLOADS: tuple[int, ...] = (PCMU, PCMA, G722_PAYLOAD)

SAMPLE_RATE: dict[int, int] = {PCMU: 8000, PCMA: 8000, G722_PAYLOAD: 16000}
"""Samples a second of the sound itself. G.722's RTP clock says 8000 all the same (RFC 3551 section 4.5.2)."""

BYTES_A_SECOND = 8000
"""Of all three codecs."""

RTP_CLOCK = 8000
"""Of all three codecs."""


def _mulaw_decoded() -> Samples:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_decoded() -> Samples:
    code = np.arange(256) ^ 0x55
    segment = (code & 0x70) >> 4
    step = (code & 0x0F) << 4
    magnitude = np.where(segment == 0, step + 8, (step + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _mulaw_encoded() -> npt.NDArray[np.uint8]:
    """Code of each sample, indexed by the sample as uint16."""
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 2
    magnitude = np.minimum(np.abs(sample), 8158) + 33
    segment = np.maximum(np.floor(np.log2(magnitude)).astype(np.int32) - 5, 0)
    code = (segment << 4) | ((magnitude >> (segment + 1)) & 0x0F)
    table: npt.NDArray[np.uint8] = (code ^ np.where(sample < 0, 0x7F, 0xFF)).astype(np.uint8)
    return table


def _alaw_encoded() -> npt.NDArray[np.uint8]:
    sample = np.arange(65536, dtype=np.uint16).view(np.int16).astype(np.int32) >> 3
    magnitude = np.where(sample >= 0, sample, -sample - 1)
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int32) - 4, 0)
    code = (segment << 4) | ((magnitude >> np.maximum(segment, 1)) & 0x0F)
    return (code ^ np.where(sample >= 0, 0xD5, 0x55)).astype(np.uint8)


_DECODED: dict[int, Samples] = {PCMU: _mulaw_decoded(), PCMA: _alaw_decoded()}
_ENCODED: dict[int, npt.NDArray[np.uint8]] = {PCMU: _mulaw_encoded(), PCMA: _alaw_encoded()}


def encode(samples: Samples, payload: int) -> bytes:
    """Payload bytes of `samples` taken at `SAMPLE_RATE[payload]`. KeyError for a payload we do not speak."""
    if payload == G722_PAYLOAD:
        return bytes(G722(16000, 64000).encode(samples))
    table = _ENCODED[payload]
    return table[samples.astype(np.int16).view(np.uint16)].tobytes()


class Encoder:
    """Samples to payload bytes, packet by packet: G.722 remembers what came before, G.711 does not."""

    def __init__(self, payload: int) -> None:
        self.payload = payload
        self._g722: Any = G722(16000, 64000) if payload == G722_PAYLOAD else None

    def encode(self, samples: Samples) -> bytes:
        """Payload bytes of samples taken at `SAMPLE_RATE[payload]`."""
        return encode(samples, self.payload) if self._g722 is None else bytes(self._g722.encode(samples))


class Decoder:
    """Payload bytes back to samples, packet by packet: G.722 remembers what came before, G.711 does not."""

    def __init__(self, payload: int) -> None:
        self.payload = payload
        self._g722: Any = G722(16000, 64000) if payload == G722_PAYLOAD else None
        if self._g722 is None and payload not in _DECODED:
            raise KeyError(payload)

    def decode(self, data: bytes) -> Samples:
        """Samples at `SAMPLE_RATE[payload]`."""
        if self._g722 is not None:
            return np.asarray(self._g722.decode(data), dtype=np.int16)
        return _DECODED[self.payload][np.frombuffer(data, dtype=np.uint8)]
