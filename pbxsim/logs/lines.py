"""Text of a log, plain or compressed, from a path or from memory; bounded, and never guessed.

Decides encodings and caps. Leaves the meaning of lines to the readers.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import charset_normalizer

from pbxsim.logs.losses import LogError

LINE_BYTES: Final = 64 * 1024
"""No call record is longer; what is, is a binary file or an attack."""

BYTES_AT_MOST: Final = 4 * 1024**3
"""Uncompressed; more is read in parts."""

HEAD: Final = 1 << 18
"""Characters by which an encoding is found."""

DAMAGED_SHARE: Final = 0.02
"""Share of lines beyond which a text is in another encoding and not UTF-8 with a few torn lines."""

_TORN = re.compile("[\udc80-\udcff]")
"""A byte that is no UTF-8, as `surrogateescape` keeps it."""

EIGHT_BITS: Final = ("cp1251", "koi8_r", "cp1252", "cp1250", "cp1253", "cp1254")

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
    """All text. UTF-8 or UTF-16 by its mark, UTF-8 where nearly all lines are, else the eight-bit encoding that fits best.

    Bytes that are no UTF-8 in a few lines are kept as surrogates, so that no line is lost.
    """
    raw = content(source)
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace").removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        return raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", errors="surrogateescape").removeprefix("\ufeff")
    head = text[:HEAD].split("\n")
    damaged = sum(_TORN.search(line) is not None for line in head)
    return raw.decode(_eight_bits(raw), errors="replace") if damaged > DAMAGED_SHARE * len(head) else text


def _eight_bits(raw: bytes) -> str:
    """The eight-bit encoding of a text that is no UTF-8. Source: charset-normalizer, among those that logs are written in."""
    found = charset_normalizer.from_bytes(raw[:HEAD], cp_isolation=list(EIGHT_BITS)).best()
    return EIGHT_BITS[0] if found is None else found.encoding


def lines_of(source: Source) -> Iterator[tuple[int, str]]:
    """Number from 1 and text of each line, without its end. The last line counts even if it is cut short."""
    text = text_of(source)
    if not text:
        return
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        yield number, line.removesuffix("\r")
