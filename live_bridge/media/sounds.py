"""Sounds: files people bring become the files rtp.io plays, and their lengths are measured.

A sound is a WAV (PCM) or MP3 in the prompts folder, known by its file name as the document writes it. `prepare` makes
from it one headless file per codec (`.0` mu-law, `.8` A-law, `.9` G.722), named by a digest of what was brought, so a
changed sound is prepared again and calls under way go on hearing the old one. Several sounds joined make a phrase.
Decides what is accepted (R-05.2) and how phrases about the waiting position are put together (R-08.17). Leaves playing
to `session.py` and reading audio files to `audiofile.py`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from engine.contract.errors import PbxError
from engine.contract.ids import SECOND_US, Duration
from live_bridge.media import codecs, phrases
from live_bridge.media.audiofile import SUFFIXES, read_audio

LENGTH_TOLERANCE_US: Duration = 50_000
"""A document may be this far off the measured length of a sound."""

SHORTEST_S, LONGEST_S = 1.0, 300.0
LARGEST_BYTES = 10 * 1024 * 1024
"""R-05.2. The shortest length holds for what a greeting plays, not for a beep or a digit."""

RECIPE = b"2"
"""Changed when preparing changes, so that old prepared files are not used."""


class SoundError(PbxError):
    """A sound file is missing, not readable, too long or too large; the message names it."""


class Sound(msgspec.Struct, frozen=True):
    """A sound ready to be played."""

    name: str
    """As the document writes it: `welcome.wav`."""
    stem: Path
    """rtp.io's name of it: the prepared files without their `.0`, `.8`, `.9`."""
    length_us: Duration


class Sounds(Mapping[str, Sound]):
    """All sounds of a prompts folder, prepared. Subfolders count: `en/number.wav`.

    Preparing happens here and takes about 20 ms per second of a new sound; what was prepared before is found again.
    Raises SoundError for the first unusable file.
    """

    def __init__(self, folder: Path, prepared: Path, shipped: Path | None = None) -> None:
        """`shipped` is the folder of the sounds that come with the project: they are there where `folder` has none."""
        self.folder = folder
        self.prepared = prepared.resolve()
        if any(c.isspace() for c in str(self.prepared)):
            raise SoundError(f"{self.prepared}: rtp.io takes no spaces in paths, choose another folder for media")
        if not folder.is_dir():
            raise SoundError(f"{folder}: no such prompts folder")
        self.prepared.mkdir(parents=True, exist_ok=True)
        self._sounds: dict[str, Sound] = {}
        for name, path in sorted(_files(folder, shipped).items()):
            self._sounds[name] = prepare(path, name, self.prepared)

    def __getitem__(self, name: str) -> Sound:
        return self._sounds[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._sounds)

    def __len__(self) -> int:
        return len(self._sounds)

    def phrase(self, names: Iterable[str]) -> Sound:
        """Several sounds as one, without a gap. KeyError names the first that is missing."""
        parts = [self[name] for name in names]
        digest = hashlib.sha256("+".join(part.stem.name for part in parts).encode()).hexdigest()[:24]
        stem = self.prepared / f"p{digest}"
        for payload in codecs.PAYLOADS:
            target = _file(stem, payload)
            if not target.exists():
                _write_whole(target, b"".join(_file(part.stem, payload).read_bytes() for part in parts))
        return Sound("+".join(part.name for part in parts), stem, sum(part.length_us for part in parts))

    def position(self, position: int, expected_wait_us: Duration | None, language: str) -> Sound | None:
        """What a waiting caller is told (R-08.17); None when the folder has no phrases for `language`."""
        try:
            return self.phrase(phrases.position(position, expected_wait_us, language))
        except KeyError:
            return None

    def said(self, name: str, numbers: tuple[int, ...], digits: str, language: str) -> Sound | None:
        """What the PBX says by itself (`commands.SayPhrase`); None when there are no words for it."""
        try:
            return self.phrase(phrases.phrase(name, numbers, digits, language))
        except KeyError:
            return None

    def check(self, table: Mapping[str, float]) -> list[str]:
        """What is wrong between a document's `prompts:` (seconds) and the sounds really there, one line each."""
        faults: list[str] = []
        for name, length_s in table.items():
            sound = self._sounds.get(name)
            if sound is None:
                faults.append(f"prompts: {name} is not in {self.folder}: bring the file or take the name out")
                continue
            if abs(int(sound.length_us) - round(length_s * SECOND_US)) > LENGTH_TOLERANCE_US:
                real_s = sound.length_us / SECOND_US
                faults.append(
                    f"prompts: {name} is {real_s:.3f} s long, the document says {length_s:.3f} s: write {real_s:.2f}"
                )
        return faults


def _files(folder: Path, shipped: Path | None) -> dict[str, Path]:
    """Every sound by its name: those of `folder`, and those of `shipped` that it lacks."""
    found: dict[str, Path] = {}
    for root in (shipped, folder):
        if root is not None:
            files = [p for p in root.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES]
            found |= {path.relative_to(root).as_posix(): path for path in files}
    return found


def prepare(path: Path, name: str, prepared: Path, payloads: tuple[int, ...] = codecs.PAYLOADS) -> Sound:
    """Convert one WAV or MP3 into the files rtp.io plays, one per payload type, unless that was done before. SoundError if it
    cannot be."""
    data = path.read_bytes()
    if len(data) > LARGEST_BYTES:
        raise SoundError(f"{path}: {len(data) / 1024 / 1024:.1f} MB, at most 10 MB are taken (R-05.2)")
    stem = prepared / hashlib.sha256(RECIPE + path.suffix.lower().encode() + data).hexdigest()[:24]
    missing = [payload for payload in payloads if not _file(stem, payload).exists()]
    if missing:
        for payload in missing:
            samples = read_audio(path, codecs.SAMPLE_RATE[payload])
            if len(samples) > LONGEST_S * codecs.SAMPLE_RATE[payload]:
                raise SoundError(f"{path}: longer than 5 minutes (R-05.2)")
            _write_whole(_file(stem, payload), codecs.encode(samples, payload))
    length = _file(stem, payloads[0]).stat().st_size
    if length == 0:
        raise SoundError(f"{path}: holds no sound")
    return Sound(name, stem, round(length * SECOND_US / codecs.BYTES_A_SECOND))


def _file(stem: Path, payload: int) -> Path:
    return stem.with_name(f"{stem.name}.{payload}")


def _write_whole(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)
