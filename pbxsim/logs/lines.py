"""Text of a log, plain or compressed, from a path or from memory; bounded, and never guessed.

Decides encodings and caps. Leaves the meaning of lines to the readers.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pbxsim.logs.losses import LogError

LINE_BYTES: Final = 64 * 1024
"""No call record is longer; what is, is a binary file or an attack."""

BYTES_AT_MOST: Final = 4 * 1024**3
"""Uncompressed; more is read in parts."""

Source = str | Path | bytes
"""A path, or the content itself as bytes."""


def name_of(source: Source) -> str:
    """What a report calls the source."""
    return "log" if isinstance(source, bytes) else Path(source).name


def content(source: Source) -> bytes:
    """All bytes, decompressed. Raises LogError if the file cannot be read or is too large."""
    try:
        raw = source if isinstance(source, bytes) else Path(source).read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError) as error:
        raise LogError(f"{name_of(source)} cannot be read: {error}") from None
    if len(raw) > BYTES_AT_MOST:
        raise LogError(
            f"{name_of(source)} holds {len(raw):,} bytes; split it: at most {BYTES_AT_MOST:,} are read at once"
        )
    return raw


def text_of(source: Source) -> str:
    """All text: UTF-8, with bytes that are not kept as surrogates so that no line is lost."""
    return content(source).decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")


def lines_of(source: Source) -> Iterator[tuple[int, str]]:
    """Number from 1 and text of each line, without its end. The last line counts even if it is cut short."""
    text = text_of(source)
    if not text:
        return
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        yield number, line.removesuffix("\r")
