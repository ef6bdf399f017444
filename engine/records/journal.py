"""Records of what happened to one tenant, and replay. JSON, one record a line; no file is opened here.

A journal holds a header and the outside events with their instants, never an `Advance`: deadlines follow from events. It may
also hold what the engine said to each event, so that a replay can be compared word for word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.errors import CorruptRecord, ReplayDiverged
from engine.contract.ids import Instant
from engine.control.engine import Engine
from engine.state.flow import Flow
from engine.state.sink import Message, Stamped

FORMAT = 1
"""Number of this format; a reader refuses what it does not know."""


def union_of(base: type) -> Any:
    """The union of all messages below a base class, for decoding by tag."""
    kinds: list[Any] = base.__subclasses__()
    union = kinds[0]
    for kind in kinds[1:]:
        union = union | kind
    return union


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """All that a replay needs to know before the first record."""

    engine: str
    """Version of the product that wrote it."""
    tzdata: str
    """Version of the time zone tables: another one may move a boundary."""
    flow: str
    """Digest of the version that was live at the start."""
    flows: tuple[str, ...] = ()
    """Digests of every version the journal may name."""
    format: int = FORMAT


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One outside event: its number counted from 1, its instant, and what the engine said if that was kept."""

    n: int
    at: Instant
    event: union_of(ev.Event)  # type: ignore[valid-type]
    said: tuple[tuple[Instant, union_of(cmd.Command) | union_of(note.Note)], ...] | None = None  # type: ignore[valid-type]


_ENCODER = msgspec.json.Encoder(order="sorted")
_HEADER = msgspec.json.Decoder(Header)
_RECORD = msgspec.json.Decoder(Record)


def encode_header(header: Header) -> bytes:
    """A header as one line without its line end."""
    return _ENCODER.encode(header)


def encode(n: int, at: Instant, event: ev.Event, said: Iterable[Stamped] | None = None) -> bytes:
    """A record as one line without its line end."""
    return _ENCODER.encode(Record(n=n, at=at, event=event, said=None if said is None else tuple(said)))


def encode_said(said: Iterable[Stamped]) -> bytes:
    """The engine's outputs as canonical bytes: equal bytes mean equal outputs."""
    return _ENCODER.encode(tuple(said))


def encode_message(message: Message) -> bytes:
    """One message as JSON with its `type` tag."""
    return _ENCODER.encode(message)


def decode_header(line: bytes) -> Header:
    """The header of a journal. Raises CorruptRecord."""
    try:
        header = _HEADER.decode(line)
    except msgspec.DecodeError as error:
        raise CorruptRecord(
            f"the first line of the journal is no header: {error}; it was cut or is another file"
        ) from None
    if header.format != FORMAT:
        raise CorruptRecord(
            f"the journal has format {header.format}, this version reads {FORMAT}; use the version that wrote it"
        )
    return header


def decode(line: bytes, n: int) -> Record:
    """The record that should be number `n`. Raises CorruptRecord."""
    try:
        record = _RECORD.decode(line)
    except msgspec.DecodeError as error:
        raise CorruptRecord(f"record {n} of the journal cannot be read: {error}") from None
    if record.n != n:
        raise CorruptRecord(f"record {n} of the journal says it is number {record.n}: lines are missing or repeated")
    return record


def read(lines: Iterable[bytes]) -> tuple[Header, Iterator[Record]]:
    """Header and records of a journal's lines; an unfinished last line (a crash while writing) is left out."""
    iterator = iter(lines)
    header = decode_header(next(iterator, b""))

    def records() -> Iterator[Record]:
        n = 0
        for line in iterator:
            if not line.strip():
                continue
            n += 1
            if not line.endswith(b"\n"):
                try:
                    yield decode(line, n)
                except CorruptRecord:
                    return
            else:
                yield decode(line, n)

    return header, records()


def replay(
    header: Header,
    records: Iterable[Record],
    flows: Mapping[str, Flow],
    seen: Callable[[Record, list[Stamped]], None] | None = None,
) -> Engine:
    """Feed recorded events to a new engine and give it back.

    Where a record holds what was said, it must be said again, byte for byte; raises ReplayDiverged at the first difference.
    `seen` is called with each record and what the engine answers to it now.
    """
    for digest in (header.flow, *header.flows):
        if digest not in flows:
            raise ReplayDiverged(
                f"the journal ran version {digest[:12]}, whose document is not here; give it and try again"
            )
    engine = Engine(flows[header.flow])
    for digest in header.flows:
        engine.know(flows[digest])
    for record in records:
        said = engine.handle(record.at, record.event)
        if record.said is not None:
            _compare(record, said)
        if seen is not None:
            seen(record, said)
    return engine


def _compare(record: Record, said: list[Stamped]) -> None:
    recorded = record.said or ()
    if encode_said(said) == encode_said(recorded):
        return
    for index in range(max(len(said), len(recorded))):
        then = recorded[index] if index < len(recorded) else None
        now = said[index] if index < len(said) else None
        if then is None or now is None or encode_said([then]) != encode_said([now]):
            raise ReplayDiverged(
                f"record {record.n} ({type(record.event).__name__}): line {index + 1} was {_show(then)}, is now {_show(now)}"
            )


def _show(line: Stamped | None) -> str:
    return "nothing" if line is None else _ENCODER.encode(line).decode()
