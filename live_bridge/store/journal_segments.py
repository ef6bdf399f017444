"""The form of the journal's files: segments of framed entries, and how they are read.

A segment is a file: a preamble (`PBXJ`, format, a key by chance, CRC-32), then frames: two magic bytes, length, CRC-32 of
the entry under the key, the entry. So nobody who can put bytes into an entry can make them look like a frame. The first
entry is the head, which says how the others are to be read. Decides what is damage and what is a torn tail. Leaves writing
to `journal_file.py`, and what an entry means to `entries.py`."""

from __future__ import annotations

import os
import secrets
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.contract.errors import PbxError
from engine.numbers.digits import is_digits

FORMAT = 1
_PREAMBLE = struct.Struct(">4sHII")
_FRAME = struct.Struct(">2sII")
_NAME = b"PBXJ"
_MAGIC = b"\xa5\x5a"

ENTRY_MOST = 64_000_000
"""Bytes of an entry at most: a length beyond it is damage."""

READ_BYTES = 4_000_000
"""Bytes read at a time."""

START_BYTES = 65_536
"""Bytes in which the preamble and the head of a segment are found."""


class JournalUnavailable(PbxError):
    """The journal cannot be opened or takes nothing: the disk is full or refuses. Nothing was changed."""


class Position(NamedTuple):
    """A place between two entries: number of the segment, and offset in it in bytes."""

    segment: int
    offset: int


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first entry of each segment."""

    journal: str
    """Name of the journal this segment belongs to, made with its folder."""
    columns: dict[str, tuple[str, ...]]
    """Names of the values of each kind of write, so that a later version can read them."""


_HEAD = msgspec.msgpack.Decoder(Head)


def frame(entry: bytes, key: int) -> bytes:
    """An entry as it stands in a segment of this key."""
    return _FRAME.pack(_MAGIC, len(entry), zlib.crc32(entry, key)) + entry


def frames(data: bytes, key: int, *, to_the_end: bool = True) -> Iterator[tuple[int, bytes, int]]:
    """Whole and undamaged entries of a piece of a segment: where each frame begins, the entry, and where it ends.

    Bytes that are no frame are passed over up to the next one that is: damage costs what it hit and no more. Unless the
    piece goes `to_the_end`, the last frame may go on behind it and is left.

    >>> pieces = frame(b"one", 7) + frame(b"two", 7)[:-1] + frame(b"three", 7)
    >>> [entry for _, entry, _ in frames(pieces, 7)]
    [b'one', b'three']
    """
    here = 0
    while True:
        here = data.find(_MAGIC, here)
        if here < 0 or here + _FRAME.size > len(data):
            return
        _, size, crc = _FRAME.unpack_from(data, here)
        end = here + _FRAME.size + size
        if size <= ENTRY_MOST and end > len(data) and not to_the_end:
            return
        if end <= len(data) and zlib.crc32(entry := data[here + _FRAME.size : end], key) == crc:
            yield here, entry, end
            here = end
        else:
            here += 1


def segments(folder: Path) -> list[int]:
    """Numbers of the segments in a folder, in order."""
    return sorted(int(path.stem) for path in folder.glob("*.journal") if is_digits(path.stem))


def path_of(folder: Path, segment: int) -> Path:
    """The file of a segment."""
    return folder / f"{segment:010d}.journal"


def opened(path: Path, data: bytes) -> tuple[int, Head | None, int]:
    """Key and head of a segment from its first bytes, and where its other entries begin. No head: nothing in it can be read.
    JournalUnavailable for a format that this version does not know."""
    if len(data) >= _PREAMBLE.size:
        name, form, key, crc = _PREAMBLE.unpack_from(data)
        if name == _NAME and crc == zlib.crc32(data[: _PREAMBLE.size - 4]):
            if form != FORMAT:
                raise JournalUnavailable(
                    f"{path} has format {form}, this version reads {FORMAT}: use the version of pbx-workbench that wrote it"
                )
            for begin, entry, end in frames(data[_PREAMBLE.size :], key):
                try:
                    return key, _HEAD.decode(entry) if begin == 0 else None, _PREAMBLE.size + end
                except msgspec.MsgspecError:
                    break
    return 0, None, len(data)


class Read(NamedTuple):
    """What `read` found."""

    entries: list[bytes]
    position: Position
    """Behind them: read on from here."""
    head: Head | None
    damaged: int
    """Bytes that are no entry and were passed over."""


def read(folder: Path, since: Position, until: Position | None = None, most_bytes: int = READ_BYTES) -> Read:
    """Entries of one segment from a position on, about `most_bytes` of them. `until` is where a writer in this process stands:
    behind it an entry may be half written. No entry and the same position: there is no news."""
    known = [n for n in segments(folder) if n >= since.segment and (until is None or n <= until.segment)]
    if not known:
        return Read([], since, None, 0)
    segment = known[0]
    path = path_of(folder, segment)
    limit = until.offset if until is not None and until.segment == segment else None
    with path.open("rb") as file:
        key, head, first = opened(path, file.read(START_BYTES))
        offset = max(since.offset, first) if segment == since.segment else first
        file.seek(offset)
        size = (os.fstat(file.fileno()).st_size if limit is None else limit) - offset
        data = file.read(max(0, min(size, most_bytes)))
        whole = len(data) >= size
        found = list(frames(data, key, to_the_end=whole)) if head is not None else []
        if not found and not whole:  # an entry longer than one read
            data += file.read(min(size - len(data), ENTRY_MOST + _FRAME.size))
            whole = len(data) >= size
            found = list(frames(data, key, to_the_end=whole)) if head is not None else []
            if not found:  # damage longer than the longest entry
                found = [(len(data), b"", len(data))]
    here = damaged = 0
    for begin, _, end in found:
        damaged += begin - here
        here = end
    position = Position(segment, offset + here)
    if whole and len(known) > 1:
        damaged += len(data) - here  # nobody will finish the tail of a segment that is closed
        position = Position(known[1], 0)
    return Read([entry for _, entry, _ in found if entry], position, head, damaged)


def start_of(journal: str, columns: Mapping[str, tuple[str, ...]]) -> tuple[bytes, int]:
    """What a new segment begins with, and its key."""
    key = secrets.randbits(32)
    preamble = _PREAMBLE.pack(_NAME, FORMAT, key, 0)[:-4]
    head = msgspec.msgpack.encode(Head(journal=journal, columns=dict(columns)))
    return preamble + zlib.crc32(preamble).to_bytes(4, "big") + frame(head, key), key


def end_of(path: Path) -> tuple[int, int]:
    """Where the last whole entry of a segment ends, and how many bytes come after it: a tail that a kill or a power cut
    tore."""
    data = path.read_bytes()
    key, head, good = opened(path, data)
    if head is None:
        return 0, len(data)
    start = good
    for _, _, end in frames(data[start:], key):
        good = start + end
    return good, len(data) - good


def name_of(folder: Path) -> str:
    """Name of the journal in a folder; empty when there is none."""
    for number in reversed(segments(folder)):
        path = path_of(folder, number)
        with path.open("rb") as file:
            head = opened(path, file.read(START_BYTES))[1]
        if head is not None:
            return head.journal
    return ""
