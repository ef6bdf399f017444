"""The journal of one start of the bridge: written to the files before any effect, read from the database for replay.

`JournalWriter` sits between engine and driver: `append` is the driver's `journal`, `said` its `said`. One step of the
engine is one entry, in the files before anything the engine asked for is done, and whole in the database or not at all; a
call's history row is part of the step in which the engine says it ended. An event to which the engine says nothing has no
effect that could be seen, and is written with the next one. Decides what is written when, and how calls cut off by a crash
get their end. Leaves the lines themselves to `engine/records/journal.py`, files to `journal_file.py`, the way into the
database to `feeder.py`. The writer is used in one thread, the one that owns the calls, and waits for no database."""

from __future__ import annotations

import functools
import logging
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId, Instant
from engine.records.history import CallRecord, History
from engine.records.journal import Header, Record, decode, decode_header, encode, encode_header, encode_said
from engine.state.sink import Stamped
from live_bridge.media.recording import file_name
from live_bridge.store import journal_segments
from live_bridge.store import tables as t
from live_bridge.store.call_numbers import NumberBook
from live_bridge.store.entries import Values, Write, marked
from live_bridge.store.entries import decode as decode_entry
from live_bridge.store.entries import encode as encode_entry
from live_bridge.store.history_rows import history_row
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.journal_segments import Position
from live_bridge.store.member_activity import MemberBook, Seats, no_seats
from live_bridge.store.store import Store, now
from live_bridge.store.webhook_outbox import HookBook

log = logging.getLogger(__name__)

Heard = Callable[[Instant, ev.Event], None]

PENDING_MOST = 100
"""Silent events taken down but not committed, at most."""


class JournalWriter:
    """Writes one run into `file`. `hosts` are the operators' hosts by trunk key, `host` our own SIP domain, for history;
    `hooks` says what webhooks are to be told, and with `mail` e-mails the engine asks for are written to be sent, each in
    its own step."""

    def __init__(
        self,
        store: Store,
        file: JournalFile,
        pbx: str,
        header: Header,
        host: str = "",
        hosts: Mapping[str, str] | None = None,
        hooks: HookBook | None = None,
        mail: bool = False,
        run: int | None = None,
        seats: Seats = no_seats,
    ) -> None:
        """`seats` gives the queues of each member in a version. `run` is the number of a run whose row the database is to get
        later; without it the row is made now."""
        self.pbx = pbx
        self.heard: Heard = _nobody
        """Hears each event as it is taken down, in the thread of the calls: be quick, hand over."""
        self._file = file
        self._hooks = hooks
        self._mail = mail
        self._host = host
        self._hosts = {} if hosts is None else hosts
        self._history = History(host)
        self._numbers = NumberBook()
        self._names: dict[str, str] = {}
        self._callers: dict[str, str] = {}
        self._pending: list[Write] = []
        self._header = header
        self._members = MemberBook(pbx, seats)
        self._n = 0
        self._at: Instant = 0
        head, at = encode_header(header), now()
        if run is None:
            with store.engine.begin() as connection:
                result = connection.execute(t.runs.insert().values(pbx=pbx, header=head, started_at=at, ended_at=None))
                run = int(result.inserted_primary_key[0])  # type: ignore[index]
        self.run = run
        # The files say it too, for a database that is put back to an earlier state.
        self._write([("runs", (self.run, pbx, head, at)), *self._members.begin(at, header.flow)])

    @property
    def failed(self) -> str:
        """Why the files take nothing; empty while all is well. Calls go on, new ones are refused, health tells."""
        return self._file.failed

    @property
    def header(self) -> Header:
        """What a replay needs to know before the first record."""
        return self._header

    @property
    def open_calls(self) -> int:
        """Calls in progress."""
        return len(self._history)

    def know(self, flow: str) -> None:
        """From here on events may name this version, whose text is kept: a replay will give it to the engine first."""
        if flow not in (self._header.flow, *self._header.flows):
            self._header = msgspec.structs.replace(self._header, flows=(*self._header.flows, flow))
            self._write([("header", (encode_header(self._header), self.run))])

    def append(self, at: Instant, event: ev.Event) -> None:
        """Take down one outside event; it is in the files before `said` of the same step returns."""
        self._n += 1
        self._at = at
        if isinstance(event, ev.CallArrived):
            self._names[event.call] = event.caller_name
        self._pending.append(("journal", (self.run, self._n, at, encode(self._n, at, event))))
        self._pending += self._members.take_event(at, event)
        if len(self._pending) >= PENDING_MOST:
            self._write([])
        self.heard(at, event)

    def said(self, said: list[Stamped]) -> None:
        """Write what the engine said, and with it the history of calls that ended and the messages that were left."""
        # A deadline fires later than the last event: what it leads to is said again when the next event is replayed.
        n = self._n if said[-1][0] <= self._at else self._n + 1
        writes: list[Write] = [("outputs", (self.run, n, encode_said(said)))]
        for at, message in said:
            if isinstance(message, cmd.Command):
                if self._mail and isinstance(message, cmd.SendMessage):
                    writes.append(("letters", _letter(self.pbx, at, message)))
                continue
            writes += self._members.take_note(at, message)
            self._numbers.take(message)
            record = self._history.take(at, message)
            if self._hooks is not None:
                writes += self._messages(at, self._hooks.messages(at, message))
            if isinstance(message, note.CallStarted):
                self._callers[message.call] = message.caller
                self._history.fact(
                    message.call,
                    caller_name=self._names.pop(message.call, ""),
                    from_host=self._hosts.get(message.trunk or "", ""),
                )
                writes.append(("open_calls", (message.call, self.run, self._n)))
            elif isinstance(message, note.LegStarted) and message.trunk is not None:
                self._history.fact(message.call, to_host=self._hosts.get(message.trunk, ""))
            elif isinstance(message, note.MessageLeft):
                writes.append(("voice_messages", self._message(at, message)))
            elif isinstance(message, note.MessageMarked):
                writes.append(marked(message.recording, message.state))
            if record is not None:
                self._callers.pop(record.uuid, None)
                writes += self._over(record)
                writes.append(("call_over", (record.uuid,)))
                if self._hooks is not None:
                    writes += self._messages(at, self._hooks.ended(record))
        self._write(writes)

    def _over(self, record: CallRecord) -> list[Write]:
        """A call that ended, as the history has it."""
        row = ("history", tuple(history_row(record, self.pbx, self.run).values()))
        return [row, *self._numbers.over(record, self.pbx)]

    def _messages(self, at: Instant, messages: Iterable[tuple[str, CallId, bytes]]) -> list[Write]:
        return [
            ("hook_letters", (self.pbx, hook, call, body, at, at, 0, "waiting", "")) for hook, call, body in messages
        ]

    def flush(self) -> None:
        """Commit events that were taken down and not committed yet."""
        if self._pending:
            self._write([])

    def close(self) -> None:
        """The bridge stops in good order: calls still in progress are closed, the run has an end."""
        writes: list[Write] = []
        for record in self._history.interrupt(max(now(), self._at)):
            writes += self._over(record)
            if self._hooks is not None:
                writes += self._messages(record.end, self._hooks.ended(record))
        at = now()
        writes += self._members.end(max(at, self._at))
        self._write([*writes, ("run_calls_over", (self.run,)), ("run_over", (at, self.run))])

    def _message(self, at: Instant, left: note.MessageLeft) -> tuple[Any, ...]:
        caller = self._callers.get(left.call, "")[:64]
        return (
            left.recording, self.pbx, left.call, left.box, caller, at, left.length_us, file_name(left.recording), False,
        )  # fmt: skip

    def _write(self, writes: list[Write]) -> None:
        entry = encode_entry([*self._pending, *writes])
        self._pending.clear()
        # A full disk must not hang up on people who are talking: the file holds the entry until it can be written.
        self._file.append(entry)


def _nobody(at: Instant, event: ev.Event) -> None:
    """Nobody wants to hear events."""


def _letter(pbx: str, at: Instant, command: cmd.SendMessage) -> Values:
    """An e-mail to be sent, as a row of `letters`."""
    return (command.message, pbx, msgspec.json.encode(command), at, at, 0, "waiting", "")


# --- reading ---------------------------------------------------------------------------------------------------------


OWN_NUMBERS = 10**15
"""Runs that began while a database server was away are numbered by their instant, which lies above: a server that several
bridges share counts on where it was, and no two get the same."""


def latest_run(store: Store, pbx: str | None = None, call: str | None = None) -> int | None:
    """The run that took `call`, or the last run of `pbx` (of any, if None); None when there is none."""
    with store.engine.connect() as connection:
        if call is not None:
            for table, column in ((t.history, t.history.c.uuid), (t.open_calls, t.open_calls.c.call)):
                found = connection.execute(sa.select(table.c.run).where(column == call)).first()
                if found is not None:
                    return int(found.run)
            return None
        # Numbers that a bridge gave itself while the server was away are above all others, whatever their time.
        found_runs: list[Any] = []
        for given in (t.runs.c.run < OWN_NUMBERS, t.runs.c.run >= OWN_NUMBERS):
            query = sa.select(t.runs.c.run, t.runs.c.started_at).where(given).order_by(t.runs.c.run.desc()).limit(1)
            if pbx is not None:
                query = query.where(t.runs.c.pbx == pbx)
            found_runs += connection.execute(query).all()
        return int(max(found_runs, key=lambda one: one.started_at).run) if found_runs else None


def last_instant(store: Store, pbx: str) -> Instant:
    """The last instant of the runs of `pbx` that the database knows of; 0 when there was none."""
    with store.engine.connect() as connection:
        c = t.runs.c
        ended = connection.execute(sa.select(sa.func.max(c.ended_at)).where(c.pbx == pbx)).scalar()
        found = connection.execute(
            sa.select(t.journal.c.at)
            .select_from(t.journal.join(t.runs, c.run == t.journal.c.run))
            .where(c.pbx == pbx)
            .order_by(t.journal.c.run.desc(), t.journal.c.n.desc())
            .limit(1)
        ).scalar()
    return max(int(ended or 0), int(found or 0))


def read_run(store: Store, run: int) -> tuple[Header, Iterator[Record]]:
    """A run as header and records, each with what was said, ready for `engine.records.journal.replay`. KeyError if unknown."""
    with store.engine.connect() as connection:
        found = connection.execute(sa.select(t.runs.c.header).where(t.runs.c.run == run)).first()
    if found is None:
        raise KeyError(run)
    return decode_header(bytes(found.header)), _records(store, run)


def read_call(store: Store, run: int, start: Instant, end: Instant) -> Iterator[Record]:
    """The records of a run in which a call of [start, end] lived, each with what was said. A run of months is not read for it:
    records come in the order of their instants, so both ends are found in a few steps."""
    with store.engine.connect() as connection:
        first, last = (_record_at(connection, run, at) for at in (start, end + 1))
    # What a deadline led to is said with the event after it.
    yield from _records(store, run, first, last)


def _record_at(connection: sa.Connection, run: int, at: Instant) -> int:
    """Number of the first record at or after an instant; one more than there are when there is none."""
    c = t.journal.c
    ends = connection.execute(sa.select(sa.func.min(c.n), sa.func.max(c.n)).where(c.run == run)).one()
    low, high = int(ends[0] or 1), int(ends[1] or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = connection.execute(
            sa.select(c.n, c.at).where(c.run == run, c.n >= middle).order_by(c.n).limit(1)
        ).first()
        if found is not None and found.at < at:
            low = found.n + 1
        else:
            high = middle
    return low


def _records(store: Store, run: int, first: int = 1, last: int = sys.maxsize) -> Iterator[Record]:
    """Records `first` to `last` of a run."""
    lines = sa.select(t.journal.c.n, t.journal.c.line).where(t.journal.c.run == run).order_by(t.journal.c.n)
    outputs = (
        sa.select(t.outputs.c.n, t.outputs.c.line).where(t.outputs.c.run == run).order_by(t.outputs.c.n, t.outputs.c.id)
    )
    lines = lines.where(t.journal.c.n >= first, t.journal.c.n <= last)
    outputs = outputs.where(t.outputs.c.n >= first, t.outputs.c.n <= last)
    with (
        store.engine.connect().execution_options(stream_results=True) as one,
        store.engine.connect().execution_options(stream_results=True) as other,
        one.execute(lines) as recorded,
        other.execute(outputs) as said,
    ):
        pending = next(said, None)
        for number, found in enumerate(recorded, start=first):
            record = decode(bytes(found.line), number)
            spoken: list[Any] = []
            while pending is not None and pending.n <= found.n:
                if pending.n == found.n:
                    spoken += decode_said(bytes(pending.line))
                pending = next(said, None)
            yield msgspec.structs.replace(record, said=tuple(spoken))
        # A deadline after the last event: what it led to has no event yet.
        if pending is not None and last < sys.maxsize:
            rest = tuple(line for one in (pending, *said) for line in decode_said(bytes(one.line)))
            yield Record(n=int(pending.n), at=rest[-1][0], event=ev.Advance(), said=rest)


def read_running(store: Store, file: JournalFile, run: int) -> Iterator[Record]:
    """The events of a run that goes on, without what was said: from the files as far as they go back, what was before that from
    the database. For an engine that broke; nobody holds the database while the files have all of it."""
    here, since = file.position, Position(0, 0)
    kept: list[tuple[int, bytes]] = []
    while since < here:
        found = journal_segments.read(file.folder, since, here)
        for entry in found.entries:
            kept += [
                (values[1], values[3]) for kind, values in decode_entry(entry) if kind == "journal" and values[0] == run
            ]
        if found.position == since:
            break
        since = found.position
    first = kept[0][0] if kept else 0
    if first != 1:
        query = sa.select(t.journal.c.n, t.journal.c.line).where(t.journal.c.run == run).order_by(t.journal.c.n)
        if kept:
            query = query.where(t.journal.c.n < first)
        with store.engine.connect() as connection:
            for row in connection.execute(query):
                yield decode(bytes(row.line), row.n)
    for n, line in kept:
        yield decode(line, n)


def decode_said(line: bytes) -> list[Stamped]:
    """What `engine.records.journal.encode_said` wrote.

    >>> decode_said(b'[[5,{"call":"c1","type":"Answer"}]]')
    [(5, Answer(call='c1'))]
    """
    return list(_SAID.decode(line))


_MESSAGES = functools.reduce(operator.or_, [*cmd.Command.__subclasses__(), *note.Note.__subclasses__()])
_SAID: msgspec.json.Decoder[Any] = msgspec.json.Decoder(tuple[tuple[Instant, _MESSAGES], ...])  # type: ignore[valid-type]


def transcript(store: Store, run: int, since_n: int = 0) -> Iterator[Stamped]:
    """Everything the engine said in a run from record `since_n` on, in order."""
    query = sa.select(t.outputs.c.line).where(t.outputs.c.run == run, t.outputs.c.n >= since_n).order_by(t.outputs.c.id)
    with (
        store.engine.connect() as connection,
        connection.execution_options(stream_results=True).execute(query) as result,
    ):
        for found in result:
            yield from decode_said(bytes(found.line))


def recover(store: Store, pbx: str, host: str = "", before: int | None = None) -> list[CallRecord]:
    """Close what a killed bridge left open: every call in progress gets its history row with cause CUT_OFF.

    Call it once, before the next run starts, or later with the number of that run. Reads only the part of the journal in which
    those calls lived.
    """
    earlier = sa.true() if before is None else t.runs.c.run != before
    closed: list[CallRecord] = []
    with store.engine.connect() as connection:
        runs = connection.execute(
            sa.select(t.runs.c.run, sa.func.min(t.open_calls.c.n).label("since"))
            .select_from(t.runs.outerjoin(t.open_calls, t.open_calls.c.run == t.runs.c.run))
            .where(t.runs.c.pbx == pbx, t.runs.c.ended_at.is_(None), earlier)
            .group_by(t.runs.c.run)
        ).all()
    for found in runs:
        records: list[CallRecord] = []
        with store.engine.connect() as connection:
            open_calls = set(
                connection.execute(sa.select(t.open_calls.c.call).where(t.open_calls.c.run == found.run)).scalars()
            )
            last = connection.execute(
                sa.select(sa.func.max(t.journal.c.at)).where(t.journal.c.run == found.run)
            ).scalar()
        at = int(last or 0)
        if open_calls:
            history, numbers = History(host), NumberBook()
            for at_said, message in transcript(store, found.run, found.since):
                at = max(at, at_said)
                history.take(at_said, message)
                if isinstance(message, note.Note):
                    numbers.take(message)
            records = [record for record in history.interrupt(at) if record.uuid in open_calls]
        with store.engine.begin() as connection:
            if records:
                connection.execute(t.history.insert(), [history_row(record, pbx, found.run) for record in records])
                touched = [values for record in records for _, values in numbers.over(record, pbx)]
                if touched:
                    names = [column.name for column in t.call_numbers.columns]
                    connection.execute(t.call_numbers.insert(), [dict(zip(names, one, strict=True)) for one in touched])
            connection.execute(t.open_calls.delete().where(t.open_calls.c.run == found.run))
            connection.execute(t.runs.update().where(t.runs.c.run == found.run).values(ended_at=at))
        closed += records
    return closed
