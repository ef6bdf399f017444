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
from pbxsim.logs.told import Told

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

WIDE_SHARE: Final = 0.2
"""Share of characters below 256 from which a text is UTF-16; digits, marks and line ends of a log are such."""

EIGHT_BITS: Final = ("cp1251", "koi8_r", "cp866", "cp1252", "cp1250", "cp1253", "cp1254")

Source = str | Path | bytes
"""A path, or the content itself as bytes."""


class LogContent(bytes):
    """Bytes that were read already, with the name of their file."""

    name: str = "log"


def name_of(source: Source) -> str:
    """What a report calls the source."""
    if isinstance(source, bytes):
        return source.name if isinstance(source, LogContent) else "log"
    return Path(source).name


def opened(source: Source, encoding: str | None = None) -> LogContent:
    """The content once and for all, decompressed; text of a named `encoding` becomes UTF-8. Raises LogError."""
    raw = content(source)
    if encoding is not None:
        raw = _decoded(raw, encoding, name_of(source)).encode("utf-8", errors="surrogateescape")
    made = LogContent(raw)
    made.name = name_of(source)
    return made


def _decoded(raw: bytes, encoding: str, name: str) -> str:
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except LookupError:
        raise LogError(
            Told("`{encoding}` is no encoding; name one such as utf-8, utf-16, cp1251 or koi8-r", encoding=encoding)
        ) from None
    except UnicodeError as error:
        raise LogError(Told("{name} is not {encoding}: {reason}", name=name, encoding=encoding, reason=error)) from None


def content(source: Source) -> bytes:
    """All bytes, decompressed. Raises LogError if the file cannot be read or is too large."""
    try:
        raw = source if isinstance(source, bytes) else Path(source).read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LogError(Told("{name} cannot be read: {reason}", name=name_of(source), reason=reason)) from None
    if len(raw) > BYTES_AT_MOST:
        text = "{name} holds {count} bytes; split it: at most {most} are read at once"
        raise LogError(Told(text, name=name_of(source), count=f"{len(raw):,}", most=f"{BYTES_AT_MOST:,}"))
    return raw


def text_of(source: Source) -> str:
    """All text. UTF-8 or UTF-16 by its mark, UTF-8 where nearly all lines are, else the eight-bit encoding that fits best.

    Bytes that are no UTF-8 in a few lines are kept as surrogates, so that no line is lost.
    """
    text = _text(content(source)).removeprefix("\ufeff")
    return text if "\n" in text or "\r" not in text else text.replace("\r", "\n")


def _text(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace").replace("\r\n", "\n")
    wide = _wide(raw[:HEAD])
    if wide:
        return raw.decode(wide, errors="replace").replace("\r\n", "\n")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", errors="surrogateescape")
    head = text[:HEAD].split("\n")
    damaged = sum(_TORN.search(line) is not None for line in head)
    return raw.decode(_eight_bits(raw), errors="replace") if damaged > DAMAGED_SHARE * len(head) else text


def _wide(head: bytes) -> str:
    """UTF-16 without its mark, told by the zero bytes of its digits, marks and line ends; empty if it is not."""
    half = len(head) // 2
    if half < 2 or b"\0" not in head:
        return ""
    even, odd = head[0 : 2 * half : 2].count(0), head[1 : 2 * half : 2].count(0)
    if odd > half * WIDE_SHARE and even < odd * 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > half * WIDE_SHARE and odd < even * 0.1 else ""


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
