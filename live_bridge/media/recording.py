"""Recordings: when they end by themselves, and how rtp.io's packet files become WAV and MP3.

rtp.io writes every packet of a side as it arrived ("ad hoc" format: a 30-byte head, then the RTP packet). A watcher
thread reads these files while they grow, to notice silence and the length limit; a worker thread lays the packets out
by their time stamps and writes the WAV. Nothing here runs in the thread that owns the calls, except the callbacks.
Decides what counts as speech. Leaves starting and stopping to `session.py`, keeping and sending to others.
Source: R-09.3 (length, silence), R-09.2 (MP3 or WAV); RFC 3550 section 5.1 (RTP header).
"""

from __future__ import annotations

import contextlib
import logging
import re
import shutil
import socket
import struct
import subprocess
import threading
import time
import wave
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np

from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, Duration
from live_bridge.media import codecs
from live_bridge.media.codecs import Samples
from live_bridge.media.rtpio import Post

log = logging.getLogger(__name__)

Reason = Literal["stopped", "silence", "limit", "hangup", "failed"]

SPEECH_RMS = 260
"""Root mean square of a packet's samples from which on it counts as speech: about -42 dB below full scale, above the
noise of a quiet line and below soft speech."""

POLL_S = 0.5
"""How often files under way are looked at. rtp.io itself writes in blocks of about 0.4 s."""

RETRY_S = 10.0
"""How often a recording is tried again that could not be written."""

LONGEST_GAP_S = 60.0
"""A hole in the packets longer than this is a jump of the sender's time stamps and not silence."""

PACKET_BYTES = 2000
"""Longest RTP packet that can be in a recording."""

_HEAD = struct.Struct("<20sdH")
"""Ad hoc record: socket address, time of arrival in seconds, packet length."""


class Recording(msgspec.Struct, frozen=True):
    """How a recording ended. `path` is the WAV, or None when nothing usable was heard or it failed."""

    recording: str
    path: Path | None
    length_us: Duration
    reason: Reason


class Packet(msgspec.Struct, frozen=True):
    """One RTP packet of a recording."""

    arrived_s: float
    payload: int
    stamp: int
    source: int
    data: bytes


class Mp3Unavailable(PbxError):
    """This machine cannot write MP3: install the `lameenc` package, or the `lame` or `ffmpeg` program."""


def file_name(recording: str) -> str:
    """Name of a recording's WAV in the folder of recordings; any id gives a harmless one.

    >>> file_name("c7.r1"), file_name("../x y")
    ('c7.r1.wav', '_x_y.wav')
    """
    return (re.sub(r"[^A-Za-z0-9_.-]", "_", recording).lstrip(".") or "_") + ".wav"


def read_packets(data: bytes) -> tuple[list[Packet], int]:
    """Whole packets at the start of `data`, and how many bytes they took; an unfinished last one is left for later.

    Anything that is not RTP version 2 is passed over.
    """
    packets: list[Packet] = []
    at = 0
    while at + _HEAD.size <= len(data):
        _, arrived_s, size = _HEAD.unpack_from(data, at)
        if at + _HEAD.size + size > len(data):
            break
        packet = data[at + _HEAD.size : at + _HEAD.size + size]
        at += _HEAD.size + size
        if size < 12 or packet[0] >> 6 != 2:
            continue
        payload_type, stamp, source = packet[1] & 0x7F, *struct.unpack_from("!II", packet, 4)
        start = 12 + 4 * (packet[0] & 0x0F)
        if packet[0] & 0x10 and start + 4 <= size:
            start += 4 + 4 * int(struct.unpack_from("!H", packet, start + 2)[0])
        end = size - packet[-1] if packet[0] & 0x20 else size
        packets.append(Packet(arrived_s, payload_type, stamp, source, packet[start : max(start, end)]))
    return packets, at


def read_sources(data: bytes) -> list[tuple[str, int]]:
    """Where the whole packets at the start of `data` came from, IPv4 alone: address and port of each, in order."""
    found: list[tuple[str, int]] = []
    at = 0
    while at + _HEAD.size <= len(data):
        source, _, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size + size
        if struct.unpack_from("=H", source)[0] == socket.AF_INET and at <= len(data):
            found.append((socket.inet_ntoa(source[4:8]), struct.unpack_from("!H", source, 2)[0]))
    return found


def lay_out(packets: list[Packet], origin_s: float | None = None) -> tuple[Samples, int]:
    """Samples of one side with every packet at its time stamp, and their rate; holes are silence.

    `origin_s` is the instant of sample 0 (time of arrival), so that two sides can be laid side by side; without it
    the first packet is at 0. A new source (another member, a transfer) or a jump of the stamps starts again at the time
    of arrival. Late duplicates overwrite.
    """
    voiced = [packet for packet in packets if packet.payload in codecs.PAYLOADS and packet.data]
    if not voiced:
        return np.zeros(0, dtype=np.int16), codecs.SAMPLE_RATE[codecs.PCMU]
    rate = max(codecs.SAMPLE_RATE[packet.payload] for packet in voiced)
    ticks = rate // codecs.RTP_CLOCK
    origin_s = voiced[0].arrived_s if origin_s is None else origin_s
    decoders: dict[int, codecs.Decoder] = {}
    pieces: list[tuple[int, Samples]] = []
    base: int | None = None
    base_at, source, end = 0, -1, 0
    for packet in voiced:
        decoder = decoders.setdefault(packet.payload, codecs.Decoder(packet.payload))
        samples = decoder.decode(packet.data)
        if codecs.SAMPLE_RATE[packet.payload] != rate:
            samples = np.repeat(samples, rate // codecs.SAMPLE_RATE[packet.payload])
        at = -1
        if base is not None and packet.source == source:
            ahead = (packet.stamp - base) & 0xFFFFFFFF
            ahead -= (1 << 32) if ahead >= 1 << 31 else 0
            at = base_at + ahead * ticks
        if at < 0 or at > end + LONGEST_GAP_S * rate or at < end - LONGEST_GAP_S * rate:
            base, source = packet.stamp, packet.source
            base_at = at = max(0, round((packet.arrived_s - origin_s) * rate), end)
        pieces.append((at, samples))
        end = max(end, at + len(samples))
    out = np.zeros(end, dtype=np.int16)
    for at, samples in pieces:
        out[at : at + len(samples)] = samples
    return out, rate


def write_wav(path: Path, channels: list[Samples], rate: int) -> None:
    """Write 16-bit PCM; the shorter channel is filled with silence. The file appears whole or not at all."""
    length = max(len(channel) for channel in channels)
    frames = np.zeros((length, len(channels)), dtype="<i2")
    for number, channel in enumerate(channels):
        frames[: len(channel), number] = channel
    part = path.with_suffix(".part")
    with wave.open(str(part), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames.tobytes())
    part.replace(path)


def to_wav(sources: list[Path], path: Path) -> Duration:
    """Turn the ad hoc files of one recording (caller first) into `path`; its length, 0 if nothing was heard."""
    channels, rate = _channels(sources)
    if channels:
        write_wav(path, channels, rate)
    return _length_us(channels, rate)


def _channels(sources: list[Path]) -> tuple[list[Samples], int]:
    """The sides of one recording beside each other, and their rate; no side when nothing was heard."""
    sides = [read_packets(source.read_bytes())[0] if source.exists() else [] for source in sources]
    arrivals = [packet.arrived_s for side in sides for packet in side if packet.payload in codecs.PAYLOADS]
    if not arrivals:
        return [], codecs.SAMPLE_RATE[codecs.PCMU]
    laid = [lay_out(side, min(arrivals)) for side in sides]
    rate = max(rate for _, rate in laid)
    return [np.repeat(samples, rate // own) for samples, own in laid], rate


def _length_us(channels: list[Samples], rate: int) -> Duration:
    return round(max((len(channel) for channel in channels), default=0) / rate * SECOND_US)


def to_mp3(source: Path, path: Path, kbit_s: int = 48) -> None:
    """Encode a WAV as MP3 with `lameenc`, `lame` or `ffmpeg`, whichever is there. Mp3Unavailable if none is."""
    try:
        import lameenc
    except ImportError:
        _to_mp3_by_program(source, path, kbit_s)
        return
    with wave.open(str(source), "rb") as file:
        encoder = lameenc.Encoder()
        encoder.set_bit_rate(kbit_s)
        encoder.set_in_sample_rate(file.getframerate())
        encoder.set_channels(file.getnchannels())
        encoder.set_quality(5)
        encoder.silence()
        path.write_bytes(bytes(encoder.encode(file.readframes(file.getnframes()))) + bytes(encoder.flush()))


def _to_mp3_by_program(source: Path, path: Path, kbit_s: int) -> None:
    if lame := shutil.which("lame"):
        command = [lame, "--quiet", "-b", str(kbit_s), str(source), str(path)]
    elif ffmpeg := shutil.which("ffmpeg"):
        command = [ffmpeg, "-loglevel", "error", "-y", "-i", str(source), "-b:a", f"{kbit_s}k", str(path)]
    else:
        raise Mp3Unavailable("cannot write MP3 here: install the lameenc package, or the lame or ffmpeg program")
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)


class RecordingTask:
    """One recording under way. `finish` and `failed` end it; whichever comes first counts."""

    def __init__(
        self,
        recorder: Recorder,
        recording: str,
        sides: int,
        max_us: Duration | None,
        silence_us: Duration | None,
        stop: Callable[[Reason], None],
        done: Callable[[Recording], None],
    ) -> None:
        safe = file_name(recording).removesuffix(".wav")
        self.recording = recording
        self.stems: tuple[str, ...] = tuple(f"{safe}-{side}" for side in "ab"[:sides])
        """Names of rtp.io's files, caller first."""
        self.wav = recorder.final / f"{safe}.wav"
        self.stop = stop
        self.max_us = max_us
        self.silence_us = silence_us
        self.started_s = time.monotonic()
        self.voice_s = self.started_s
        self._read = 0
        self._decoders: dict[int, codecs.Decoder] = {}
        self._recorder = recorder
        self._done = done
        self._over = False

    def finish(self, reason: Reason) -> None:
        """rtp.io has closed its files: make the WAV, then tell."""
        if not self._over:
            self._over = True
            self._recorder.convert(self, reason, self._done)

    def failed(self) -> None:
        """It never started."""
        if not self._over:
            self._over = True
            self._recorder.give_up(self, self._done)

    def due(self, spool: Path, now_s: float) -> Reason | None:
        """Why it should end now, if it should. Only the watcher calls this."""
        if self.max_us is not None and (now_s - self.started_s) * SECOND_US >= int(self.max_us):
            return "limit"
        if self.silence_us is not None:
            if self._heard_voice(spool):
                self.voice_s = now_s
            if (now_s - self.voice_s) * SECOND_US >= int(self.silence_us):
                return "silence"
        return None

    def next_look_s(self, now_s: float) -> float:
        """Seconds until the watcher must come back."""
        look_s = POLL_S if self.silence_us is not None else float("inf")
        if self.max_us is not None:
            look_s = min(look_s, max(0.0, self.started_s + self.max_us / SECOND_US - now_s))
        return look_s

    def _heard_voice(self, spool: Path) -> bool:
        try:
            with (spool / f"{self.stems[0]}.rtp").open("rb") as file:
                file.seek(self._read)
                data = file.read(1 << 20)
        except FileNotFoundError:
            return False
        packets, used = read_packets(data)
        self._read += used
        return any(_is_speech(samples) for samples in self._decode(packets))

    def _decode(self, packets: list[Packet]) -> Iterator[Samples]:
        for packet in packets:
            if packet.payload in codecs.PAYLOADS and packet.data:
                yield self._decoders.setdefault(packet.payload, codecs.Decoder(packet.payload)).decode(packet.data)


def _is_speech(samples: Samples) -> bool:
    return bool(np.sqrt(np.mean(samples.astype(np.float64) ** 2)) >= SPEECH_RMS)


class Recorder:
    """Watches all recordings under way and makes WAVs of those that are over."""

    def __init__(self, post: Post, spool: Path, final: Path) -> None:
        self.final = final
        self._post = post
        self._spool = spool
        self._tasks: dict[str, RecordingTask] = {}
        self._changed = threading.Condition()
        self._closing = False
        self._held: dict[Path, list[Path]] = {}
        """WAVs that could not be written, and the raw files they are made of; used by the worker, its size by anybody."""
        self._try_at_s = float("inf")
        self._born_at = time.time() - 1.0
        self._workers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording-to-wav")
        self._workers.submit(self._pick_up)
        self._watcher = threading.Thread(target=self._watch, name="recording-watch", daemon=True)
        self._watcher.start()

    def start(
        self,
        recording: str,
        sides: int,
        max_us: Duration | None,
        silence_us: Duration | None,
        stop: Callable[[Reason], None],
        done: Callable[[Recording], None],
    ) -> RecordingTask:
        """A new recording; `stop(reason)` is posted when it should end by itself, `done` when its WAV is there."""
        for folder in (self._spool, self.final):
            with contextlib.suppress(OSError):  # told by `problem`, and by rtp.io's refusal
                folder.mkdir(parents=True, exist_ok=True)
        task = RecordingTask(self, recording, sides, max_us, silence_us, stop, done)
        if max_us is not None or silence_us is not None:
            with self._changed:
                self._tasks[recording] = task
                self._changed.notify()
        return task

    def convert(self, task: RecordingTask, reason: Reason, done: Callable[[Recording], None]) -> None:
        """Make the WAV in the worker thread and post the result."""
        self._forget(task)
        self._workers.submit(self._convert, task, reason, done)

    def give_up(self, task: RecordingTask, done: Callable[[Recording], None]) -> None:
        """Post the ending of a recording that never was one."""
        self._forget(task)
        problem = self.problem()
        if problem:
            log.error("recording %s could not begin: %s", task.recording, problem)
        self._post(done, Recording(task.recording, None, 0, "failed"))

    def close(self) -> None:
        """Finish the conversions under way and stop both threads."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._watcher.join()
        self._workers.shutdown(wait=True)

    def _forget(self, task: RecordingTask) -> None:
        with self._changed:
            self._tasks.pop(task.recording, None)

    def problem(self) -> str:
        """What keeps recordings from being written, in words; empty when nothing does. From any thread."""
        for folder in (self._spool, self.final):
            probe = folder / f".probe-{threading.get_ident()}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                probe.write_bytes(b"")
                probe.unlink()
            except OSError as fault:
                waiting = f"; {len(self._held)} recordings wait until they can" if self._held else ""
                return f"{folder} cannot be written: {fault.strerror}{waiting}"
        return f"{len(self._held)} recordings could not be written and are tried again" if self._held else ""

    def _convert(self, task: RecordingTask, reason: Reason, done: Callable[[Recording], None]) -> None:
        sources = [self._raw(stem) for stem in task.stems]
        try:
            length_us = self._write(sources, task.wav)
        except OSError as fault:  # the folder cannot be written, or the disk is full: nothing that was said is lost
            length_us = self._hold(sources, task.wav, fault)
        except Exception:  # A file nobody could read must still end the recording; the raw packets are kept.
            log.exception("recording %s cannot be read; its packets are kept in %s", task.recording, sources[0].parent)
            self._post(done, Recording(task.recording, None, 0, "failed"))
            return
        self._post(done, Recording(task.recording, task.wav if length_us else None, length_us, reason))

    def _raw(self, stem: str) -> Path:
        """The packets of one side: rtp.io leaves them in the spool when it cannot move them."""
        moved, spooled = self.final / f"{stem}.rtp", self._spool / f"{stem}.rtp"
        return spooled if not moved.exists() and spooled.exists() else moved

    def _write(self, sources: list[Path], wav: Path) -> Duration:
        wav.parent.mkdir(parents=True, exist_ok=True)
        length_us = to_wav(sources, wav)
        for source in sources:
            for raw in (source, source.with_suffix(".rtcp")):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    raw.unlink()
        return length_us

    def _hold(self, sources: list[Path], wav: Path, fault: OSError) -> Duration:
        """Keep the packets of a recording until its WAV can be written; how long it is."""
        try:
            length_us = _length_us(*_channels(sources))
        except OSError:
            length_us = 0
        log.error(
            "%s cannot be written: %s. Its packets are kept in %s; it is tried again every %.0f s",
            wav, fault.strerror or fault, sources[0].parent, RETRY_S,
        )  # fmt: skip
        self._held[wav] = sources
        with self._changed:
            self._try_at_s = time.monotonic() + RETRY_S
            self._changed.notify()
        return length_us

    def _pick_up(self) -> None:
        """Packets that an earlier process left, as it was killed or could not write: what was said becomes a WAV all the same."""
        for folder in (self._spool, self.final):
            with contextlib.suppress(OSError):
                for raw in sorted(folder.glob("*-[ab].rtp")):
                    wav = self.final / f"{raw.stem[:-2]}.wav"
                    if raw.stat().st_mtime < self._born_at and not wav.exists():
                        self._held.setdefault(wav, []).append(raw)
        for sources in self._held.values():
            sources.sort(key=lambda raw: raw.name)  # the caller's side first
        if self._held:
            self._retry()

    def _retry(self) -> None:
        for wav, sources in list(self._held.items()):
            try:
                self._write([self._raw(source.stem) for source in sources], wav)
            except OSError:
                break
            except Exception:  # no packets in it: it is kept and not tried again
                log.exception("%s cannot be made of what was kept", wav)
                del self._held[wav]
                continue
            del self._held[wav]
            log.warning("%s is written now", wav)
        with self._changed:
            self._try_at_s = time.monotonic() + RETRY_S if self._held else float("inf")
            self._changed.notify()

    def _watch(self) -> None:
        while True:
            with self._changed:
                if self._closing:
                    return
                now_s = time.monotonic()
                wait_s = min((task.next_look_s(now_s) for task in self._tasks.values()), default=float("inf"))
                wait_s = min(wait_s, max(0.0, self._try_at_s - now_s))
                self._changed.wait(None if wait_s == float("inf") else wait_s)
                if self._closing:
                    return
                if self._try_at_s <= time.monotonic():
                    self._try_at_s = float("inf")
                    self._workers.submit(self._retry)
                tasks = list(self._tasks.values())
            now_s = time.monotonic()
            for task in tasks:
                reason = task.due(self._spool, now_s)
                if reason is not None:
                    self._forget(task)
                    self._post(task.stop, reason)
