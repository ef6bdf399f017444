"""Reading WAV and MP3 into mono samples at the rate a codec wants.

WAV (PCM of 8, 16, 24 or 32 bits, any rate, any channels) is read with the standard library; MP3 with `miniaudio` or,
without it, the `ffmpeg` program. Leaves limits of length and size to `sounds.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from engine.contract.errors import PbxError
from live_bridge.media.codecs import Samples

SUFFIXES = (".wav", ".mp3")

RATES = (4000, 192000)
"""Samples a second a file may have."""


class AudioFileError(PbxError):
    """An audio file cannot be read; the message names it and says what to do."""


def read_audio(path: Path, rate: int) -> Samples:
    """All of `path`, mixed to one channel and resampled to `rate` samples a second. AudioFileError if not readable."""
    sound, own_rate = _read_wav(path) if path.suffix.lower() == ".wav" else _read_mp3(path)
    if sound.ndim == 2:
        sound = sound.mean(axis=1)
    if own_rate != rate and len(sound):
        sound = soxr.resample(sound, own_rate, rate)
    return np.clip(np.rint(sound * 32767), -32768, 32767).astype(np.int16)


def _read_wav(path: Path) -> tuple[npt.NDArray[np.float64], int]:
    try:
        with wave.open(str(path), "rb") as file:
            channels, width, rate = file.getnchannels(), file.getsampwidth(), file.getframerate()
            data = file.readframes(file.getnframes())
    except (wave.Error, EOFError) as error:
        raise AudioFileError(f"{path}: not a WAV with PCM samples ({error}): save it as 16-bit PCM (R-05.2)") from None
    if not RATES[0] <= rate <= RATES[1]:
        raise AudioFileError(f"{path}: {rate} samples a second, {RATES[0]} to {RATES[1]} are read: save it at 16000")
    if width not in (1, 2, 3, 4) or channels < 1:
        raise AudioFileError(f"{path}: samples of {width} bytes in {channels} channels are not read (R-05.2)")
    data = data[: len(data) // (width * channels) * width * channels]
    if width == 1:
        sound = (np.frombuffer(data, dtype=np.uint8).astype(np.float64) - 128) / 128
    elif width == 3:
        # Three bytes become the upper three of four, so that the sign comes along.
        wide = np.zeros((len(data) // 3, 4), dtype=np.uint8)
        wide[:, 1:] = np.frombuffer(data, dtype=np.uint8).reshape(-1, 3)
        sound = wide.view("<i4").ravel().astype(np.float64) / 2**31
    else:
        sound = np.frombuffer(data, dtype=f"<i{width}").astype(np.float64) / 2 ** (8 * width - 1)
    return sound.reshape(-1, channels), rate


def _read_mp3(path: Path) -> tuple[npt.NDArray[np.float64], int]:
    try:
        import miniaudio
    except ImportError:
        return _read_mp3_by_ffmpeg(path), 16000
    try:
        decoded = miniaudio.mp3_read_file_s16(str(path))
    except miniaudio.DecodeError:
        raise AudioFileError(f"{path}: not an MP3 file (R-05.2)") from None
    sound = np.frombuffer(decoded.samples, dtype=np.int16).astype(np.float64) / 32768
    return sound.reshape(-1, decoded.nchannels), int(decoded.sample_rate)


def _read_mp3_by_ffmpeg(path: Path) -> npt.NDArray[np.float64]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise AudioFileError(f"{path}: MP3 cannot be read here: install the miniaudio package or the ffmpeg program")
    command = [ffmpeg, "-loglevel", "error", "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", "16000", "-"]
    result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    if result.returncode != 0:
        raise AudioFileError(f"{path}: not an MP3 file (R-05.2)")
    return np.frombuffer(result.stdout, dtype="<i2").astype(np.float64) / 32768
