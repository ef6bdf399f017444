"""The text of a configuration file: bounded, in whatever encoding it is, packed or not.

Decides how much is read at most. Leaves encodings to `logs/lines.py`.
"""

from __future__ import annotations

from pathlib import Path

from pbxsim.importers.draft import ImportRefused
from pbxsim.logs import lines
from pbxsim.logs.losses import LogError


def bytes_of(path: Path, most: int) -> bytes:
    """All bytes, unpacked. Raises ImportRefused."""
    try:
        with path.open("rb") as file:
            raw = lines.unpacked(file.read(most + 1), path.name, most)
    except LogError as error:
        raise ImportRefused(str(error)) from None
    except OSError as error:
        raise ImportRefused(f"{path} cannot be read: {error.strerror or error}") from None
    if len(raw) > most:
        raise ImportRefused(f"{path.name} is larger than {most // 1024**2} MiB; it is no configuration")
    return raw


def text_of(path: Path, most: int) -> str:
    """All text, its lines ending in a line feed. Raises ImportRefused."""
    content = lines.LogContent(bytes_of(path, most))
    content.name = path.name
    try:
        return lines.text_of(content).replace("\r\n", "\n").encode("utf-8", "replace").decode("utf-8")
    except LogError as error:
        raise ImportRefused(str(error)) from None
