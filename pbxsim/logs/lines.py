"""Text of a log, plain or compressed, from a path, a folder or memory; bounded, and never guessed.

Decides encodings, caps, and what is unpacked: gzip, bzip2, xz, and zip archives of one file. Excel workbooks are archives too and
stay as they are, see `spreadsheet.py`. Leaves the meaning of lines to the readers.
"""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import lzma
import re
import zipfile
import zlib
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

_WORD = re.compile(rb"[A-Za-z\x80-\xff]+")
"""A word in any eight-bit encoding."""

_RUSSIAN = re.compile("[А-ЯЁ]?[а-яё]+|[А-ЯЁ]+")
RUSSIAN_SHARE: Final = 0.7
"""Share of such words that are Russian, in lower case or with a first capital, from which an encoding of Russian is found."""

WIDE_SHARE: Final = 0.2
"""Share of characters below 256 from which a text is UTF-16; digits, marks and line ends of a log are such."""

CONTROL_SHARE: Final = 0.05
"""Share of control characters in a text from which it is none, but a picture, a program or a damaged archive."""

CONTROLS: Final = bytes(mark for mark in range(32) if mark not in b"\t\n\v\f\r\x1b")

RUSSIAN: Final = ("cp1251", "koi8_r", "cp866")
WORDS_MOST: Final = 5000
EIGHT_BITS: Final = (*RUSSIAN, "cp1252", "cp1250", "cp1253", "cp1254")

ZIP: Final = b"PK\x03\x04"
WORKBOOK: Final = "xl/workbook.xml"
NAMES_SHOWN: Final = 5
"""Files of an archive that a refusal names."""

Source = str | Path | bytes
"""A path, or the content itself as bytes."""


class LogContent(bytes):
    """Bytes that were read already, with the name of their file."""

    name: str = "log"


def name_of(source: Source) -> str:
    """What a report calls the source, with marks for bytes of a file's name that are no text."""
    if isinstance(source, bytes):
        return source.name if isinstance(source, LogContent) else "log"
    return _TORN.sub("\ufffd", Path(source).name)


def opened(source: Source, encoding: str | None = None) -> LogContent:
    """The content once and for all, decompressed; text of a named `encoding` becomes UTF-8. Raises LogError."""
    raw = content(source)
    if encoding is not None:
        raw = _decoded(raw, encoding, name_of(source)).encode()
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
        raw = unpacked(raw, name_of(source), BYTES_AT_MOST)
    except IsADirectoryError:
        raise LogError(Told("{name} is a folder; name its files", name=name_of(source))) from None
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LogError(Told("{name} cannot be read: {reason}", name=name_of(source), reason=reason)) from None
    if len(raw) > BYTES_AT_MOST:
        text = "{name} holds {count} bytes; split it: at most {most} are read at once"
        raise LogError(Told(text, name=name_of(source), count=f"{len(raw):,}", most=f"{BYTES_AT_MOST:,}"))
    return raw


def unpacked(raw: bytes, name: str, most: int) -> bytes:
    """The bytes within, at most `most` and one. Raises LogError for an archive that cannot be read or holds several files."""
    try:
        if raw[:2] == b"\x1f\x8b":
            return _all(gzip.GzipFile(fileobj=io.BytesIO(raw)), most)
        if raw[:3] == b"BZh":
            return _all(bz2.BZ2File(io.BytesIO(raw)), most)
        if raw[:6] == b"\xfd7zXZ\0":
            return _all(lzma.LZMAFile(io.BytesIO(raw)), most)
        return _of_zip(raw, name, most) if raw[:4] == ZIP else raw
    except (
        OSError,
        EOFError,
        zlib.error,
        lzma.LZMAError,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise LogError(Told("{name} cannot be unpacked: {reason}", name=name, reason=error)) from None


def _all(file: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, most: int) -> bytes:
    with file:
        return file.read(most + 1)


def _of_zip(raw: bytes, name: str, most: int) -> bytes:
    """The one file of an archive, unpacked in its turn; a workbook as it is."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        files = [one for one in archive.infolist() if not one.is_dir() and not one.filename.startswith("__MACOSX/")]
        if WORKBOOK in archive.namelist():
            return raw
        if len(files) != 1:
            held = ", ".join(Path(one.filename).name for one in files[:NAMES_SHOWN])
            text = "{name} is an archive of {count} files ({held}); unpack it and name those that are logs"
            raise LogError(Told(text, name=name, count=len(files), held=held))
        with archive.open(files[0]) as inner:
            return unpacked(inner.read(most + 1), name, most)


def files_of(folder: Path) -> list[Path]:
    """The files of a folder of logs by name, hidden and empty ones left out. Raises LogError if there is none."""
    try:
        found = sorted(
            one for one in folder.iterdir() if one.is_file() and not one.name.startswith(".") and one.stat().st_size
        )
    except OSError as error:
        raise LogError(Told("{name} cannot be read: {reason}", name=name_of(folder), reason=error.strerror)) from None
    if not found:
        raise LogError(Told("{name} is a folder without files", name=name_of(folder)))
    return found


def text_of(source: Source) -> str:
    """All text. UTF-8 or UTF-16 by its mark, UTF-8 where nearly all lines are and no more bytes are torn than there are
    characters of several bytes, else the eight-bit encoding that fits best.

    Bytes that are no UTF-8 in a few lines become marks, so that no line is lost.
    """
    text = _text(content(source), name_of(source)).removeprefix("\ufeff")
    return text if "\n" in text or "\r" not in text else text.replace("\r", "\n")


def _text(raw: bytes, name: str) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace").replace("\r\n", "\n")
    wide = _wide(raw[:HEAD])
    if wide:
        return raw.decode(wide, errors="replace").replace("\r\n", "\n")
    head = raw[:HEAD]
    if len(head) - len(head.translate(None, CONTROLS)) > CONTROL_SHARE * len(head):
        raise LogError(
            Told("{name} is no text: it is a picture, a program or another file that holds no log", name=name)
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("utf-8", errors="surrogateescape")
    lines = text[:HEAD].split("\n")
    damaged = sum(_TORN.search(line) is not None for line in lines)
    marked, torn = _TORN.subn("\ufffd", text)  # what is no text would be refused wherever it is written again
    whole = len(text) - len(text.encode("ascii", errors="ignore")) - torn
    if damaged <= DAMAGED_SHARE * len(lines) and torn <= whole:
        return marked
    return raw.decode(_eight_bits(raw), errors="replace")


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
    """The eight-bit encoding of a text that is no UTF-8: that in which most words are Russian, else by charset-normalizer."""
    words = list(itertools.islice(_words(raw), WORDS_MOST))
    shares = {name: sum(_is_russian(word, name) for word in words) / max(1, len(words)) for name in RUSSIAN}
    best = max(RUSSIAN, key=lambda name: shares[name])
    if shares[best] >= RUSSIAN_SHARE:
        return best
    found = charset_normalizer.from_bytes(b" ".join(words)[:HEAD], cp_isolation=list(EIGHT_BITS)).best()
    return EIGHT_BITS[0] if found is None else found.encoding


def _words(raw: bytes) -> Iterator[bytes]:
    """Words with a character beyond ASCII."""
    for line in raw.split(b"\n"):
        if not line.isascii():
            yield from (word for word in _WORD.findall(line) if not word.isascii())


def _is_russian(word: bytes, encoding: str) -> bool:
    return _RUSSIAN.fullmatch(word.decode(encoding, errors="replace")) is not None


def lines_of(source: Source) -> Iterator[tuple[int, str]]:
    """Number from 1 and text of each line, without its end. The last line counts even if it is cut short."""
    text = text_of(source)
    if not text:
        return
    for number, line in enumerate(text.removesuffix("\n").split("\n"), start=1):
        yield number, line.removesuffix("\r")
