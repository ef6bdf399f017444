"""The tone that tells a caller "it rings over there", for callers that can be sent no 180: those that we called ourselves.

Decides its pitch and rhythm. Leaves when it is heard to `media_player.py`. Source: ITU-T E.180 supplement 2 (Russia): 425 Hz,
0.8 s of tone and 3.2 s of silence. A sound `ringback.wav` among the prompts takes its place.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Final

import numpy as np

from live_bridge.media.sounds import Sound, Sounds, prepare

NAME: Final = "ringback.wav"

PITCH_HZ: Final = 425
TONE_S: Final = 0.8
SILENCE_S: Final = 3.2
RATE: Final = 16_000
LOUDNESS: Final = 0.1
"""Peak, full scale being 1: -20 dBm0 or so, as exchanges send it."""


def ringback(sounds: Sounds) -> Sound:
    """The tone, to be played in a loop; made once and kept with the prepared sounds."""
    brought = sounds.get(NAME)
    if brought is not None:
        return brought
    path = sounds.prepared / NAME
    if not path.exists():
        _write(path)
    return prepare(path, NAME, sounds.prepared)


def _write(path: Path) -> None:
    time_s = np.arange(round(TONE_S * RATE)) / RATE
    tone = np.sin(2 * np.pi * PITCH_HZ * time_s) * LOUDNESS * 32767
    samples = np.concatenate([tone, np.zeros(round(SILENCE_S * RATE))]).astype("<i2")
    part = path.with_name(path.name + ".part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    part.replace(path)
