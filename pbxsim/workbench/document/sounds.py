"""The sounds a document may play: those of its own folder, those that come with the project, and how long each is (R-05.2).

Decides where sounds of a document lie (`prompts/` beside it, which `live.yaml` names as its `prompts:`), which may be taken in,
and their length. Leaves converting them for calls to the live bridge. Imports no part of the web application.
"""

from __future__ import annotations

import io
import re
import shutil
import wave
from functools import cache
from pathlib import Path

import miniaudio

from pbxsim import datasets
from pbxsim.workbench.document.draft import Draft
from pbxsim.workbench.document.refusals import EditRefused

SUFFIXES = (".wav", ".mp3")
LARGEST_BYTES = 10 * 1024 * 1024
SHORTEST_S, LONGEST_S = 1, 300
"""What a sound may be (R-05.2); beeps and music that come with the project are measured all the same."""

_RUSSIAN = "-ru"
"""What the names of Russian sounds of the project end in."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,99}", re.ASCII)


def folder_of(document: Path) -> Path:
    """Where the sounds of a document lie."""
    return document.parent / "prompts"


@cache
def shipped() -> dict[str, float]:
    """The sounds that come with the project, with their lengths in seconds."""
    return {
        path.name: seconds(path.read_bytes(), path.name)
        for path in sorted((datasets.folder() / "prompts").glob("*.wav"))
    }


@cache
def said() -> dict[str, str]:
    """What those of them that speak say."""
    lines = (datasets.folder() / "prompts" / "texts.tsv").read_text(encoding="utf-8").splitlines()
    return {f"{name}.wav": text for name, text in (line.split("\t") for line in lines)}


def language_of(name: str) -> str | None:
    """The language in which a sound that comes with the project speaks; None where it does not, or is none of them.

    >>> language_of("welcome.wav"), language_of("welcome-ru.wav"), language_of("music.wav")
    ('en', 'ru', None)
    """
    return None if name not in said() else "ru" if name.endswith(f"{_RUSSIAN}.wav") else "en"


def text_of(name: str, data: bytes) -> str | None:
    """What a sound says, where it is one that comes with the project and no other of the same name."""
    is_ours = name in said() and data == (datasets.folder() / "prompts" / name).read_bytes()
    return said()[name] if is_ours else None


def spoken_in(text: str, language: str) -> str:
    """The text of a document of ours with its sounds in a language, and their lengths."""
    for name in said() if language == "ru" else ():
        if language_of(name) == "en":
            other = f"{name.removesuffix('.wav')}{_RUSSIAN}.wav"
            place = rf"(?<![\w-]){re.escape(name)}"
            text = re.sub(rf"{place}: [\d.]+", f"{other}: {shipped()[other]:.2f}", text)
            text = re.sub(rf"{place}(?!:)", other, text)
    return text


def table(draft: Draft, language: str) -> dict[str, float | None]:
    """Sounds that can be chosen, by name with their lengths: those of the document first, then those that come with the
    project, of which those in `language` go before all others."""
    known: dict[str, float | None] = {
        name: float(length) if isinstance(length, (int, float)) else None
        for name, length in draft.section("prompts").items()
    }

    def rank(name: str) -> int:
        spoken = language_of(name)
        return 1 if spoken is None else 0 if spoken == language else 2

    return {**known, **{name: shipped()[name] for name in sorted(shipped(), key=rank) if name not in known}}


def use(draft: Draft, id: str, field: str, name: str | None) -> None:
    """Give a setting a sound, with its length where the document has none: one step."""
    with draft.step():
        if name is not None and name not in draft.section("prompts") and name in shipped():
            draft.put(("prompts", name), shipped()[name])
        draft.set(id, (field,), name)


def take_in(draft: Draft, name: str, data: bytes) -> float:
    """Put an uploaded sound into the document's folder and its length into the document; gives the length.

    The folder begins as a copy of the sounds that come with the project, as a bridge looks for all of them in one. Raises
    EditRefused for what is no sound of R-05.2, OSError.
    """
    if draft.path is None:
        raise EditRefused("this document has no file to save to")
    if not _NAME.fullmatch(name) or not name.lower().endswith(SUFFIXES):
        raise EditRefused(
            "{0} is no name of a sound: Latin letters and digits, ending in .wav or .mp3", "R-05.2", subject=name
        )
    if len(data) > LARGEST_BYTES:
        raise EditRefused("{0} is larger than 10 MiB", "R-05.2", subject=name)
    length_s = seconds(data, name)
    if not SHORTEST_S <= length_s <= LONGEST_S:
        raise EditRefused("{0} is not 1 s to 5 min long", "R-05.2", subject=name)
    folder = folder_of(draft.path)
    if not folder.exists():
        shutil.copytree(
            datasets.folder() / "prompts", folder, ignore=shutil.ignore_patterns("*.py", "*.md", "*.tsv", "SHA256SUMS")
        )
    (folder / name).write_bytes(data)
    draft.put(("prompts", name), length_s)
    return length_s


def file_of(draft: Draft, name: str) -> Path | None:
    """Where a sound lies, or None where it is nowhere."""
    folders = [*([folder_of(draft.path)] if draft.path is not None else []), datasets.folder() / "prompts"]
    if not _NAME.fullmatch(name):
        return None
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def seconds(data: bytes, name: str) -> float:
    """How long a sound is, to a hundredth of a second. Raises EditRefused for what is neither WAV nor MP3."""
    try:
        if name.lower().endswith(".wav"):
            with wave.open(io.BytesIO(data)) as sound:
                return float(round(sound.getnframes() / sound.getframerate(), 2))
        return round(float(miniaudio.mp3_get_info(data).duration), 2)
    except (wave.Error, EOFError, ZeroDivisionError, miniaudio.MiniaudioError):
        raise EditRefused("{0} is neither WAV (PCM) nor MP3", "R-05.2", subject=name) from None
