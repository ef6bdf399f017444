"""The way from the journal's files into the database: a thread of its own, which calls never wait for.

Decides how much goes in at a time, what is done when the database is away or refuses, and when files may go. What was read
and where the reading stands are one transaction: every entry gets there once, whatever is killed in between. A database
that is locked or gone is tried again until it is back; entries wait in the files meanwhile. A row that a database cannot
take is made fit, and if that does not help it is set aside in `refused.jsonl` with the reason, so that one row never stops
all that come after it. Leaves what entries mean to `entries.py`.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, SQLAlchemyError

from engine.contract.ids import Instant
from live_bridge.store import entries, journal_segments
from live_bridge.store import tables as t
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.journal_segments import Position
from live_bridge.store.store import Store, first_line, now

log = logging.getLogger(__name__)

BATCH_BYTES = 1_000_000
"""Read and written together: some 700 steps of calls."""

PACE_S = 0.1
"""Pause between two batches when there is nothing that waits for them."""

RETRY_S = (0.2, 0.5, 1.0)
"""Pauses before a database that is away is tried again; the last one repeats."""

CATCH_UP_TOLD_S = 5.0
"""How often a start that brings in what had waited says how far it is."""

KEEP_BYTES = 256_000_000
KEEP_S = 24 * 3600.0
"""How much of what is in the database the files keep, and how long: a database that was put back to its last backup gets it
again."""

LAG_TOLD_S = 10.0
"""A database that is further behind is told of in /health even when it refuses nothing."""

_REFUSED: tuple[type[Exception], ...] = (DataError, IntegrityError, InterfaceError, sqlite3.IntegrityError, sqlite3.DataError,
                                         sqlite3.InterfaceError, OverflowError, UnicodeError)  # fmt: skip
"""What says that a row is wrong and not the database: it would be the same for ever."""


_MOVE = (
    'UPDATE journal_positions SET "journal" = ?, "segment" = ?, "offset" = ?, "fed_at" = ? '
    'WHERE "pbx" = ? AND "journal" = ? AND "segment" = ? AND "offset" = ?'
)
_BEGIN = (
    'INSERT INTO journal_positions ("journal", "segment", "offset", "fed_at", "pbx") VALUES (?, ?, ?, ?, ?) '
    "ON CONFLICT DO NOTHING"
)


class _Moved(Exception):
    """Another feeder of the same journal was quicker: one that ends is at its last transaction."""


class Feeder:
    """Feeds one PBX's journal into its database. `on_fed` hears the kinds that a transaction brought, in the feeder's
    thread."""

    def __init__(
        self, store: Store, pbx: str, file: JournalFile, *, keep_bytes: int = KEEP_BYTES, keep_s: float = KEEP_S
    ) -> None:
        self.failed = ""
        """Why the database takes nothing; empty while it does."""
        self.fed = 0
        """Entries of this process that are in the database."""
        self.refused = 0
        """Rows set aside."""
        self.damaged = 0
        """Bytes of the journal that could not be read."""
        self.on_fed: Callable[[frozenset[str]], None] = lambda _: None
        self._store = store
        self._pbx = pbx
        self._file = file
        self._keep_bytes = keep_bytes
        self._keep_s = keep_s
        self._connection: sa.Connection | None = None
        self._mark = "?" if store.is_sqlite else "%s"
        self._position: Position | None = None
        """Where to read on; None until the database was asked, and after it was away."""
        self._row: tuple[str, int, int] | None = None
        """Journal, segment and offset as the database has them."""
        self._level_at_s = time.monotonic()
        """When everything was in the database last."""
        self._knock = threading.Event()
        self._news = threading.Condition()
        self._urgent = 0
        self._closing = False
        self._tidy_at_s = 0.0
        self._thread = threading.Thread(target=self._run, name="journal-feeder", daemon=True)

    # --- life --------------------------------------------------------------------------------------------------------

    def catch_up(self) -> int:
        """Bring in what an earlier process left, in the caller's thread, before `start`; how many entries. Raises
        SQLAlchemyError."""
        found, begun_s = 0, time.monotonic()
        told_s = begun_s
        while True:
            brought, more = self._feed()
            found += brought
            if time.monotonic() > told_s + CATCH_UP_TOLD_S:
                told_s = time.monotonic()
                log.warning("%s entries that had waited are in the database, calls are taken when all are", found)
            if not more:
                break
        if found:
            log.warning("%s entries of the journal had waited for the database, brought in within %.1f s", found,
                        time.monotonic() - begun_s)  # fmt: skip
        self.fed = self._file.appended
        return found

    def left(self) -> list[entries.Write]:
        """What an earlier process left and the database has not taken yet, in order: for a start while another process holds the
        database. Raises SQLAlchemyError when it cannot be read either."""
        with self._store.engine.connect() as connection:
            position = self._stands_at(connection)
        return self.left_since(position)

    def left_since(self, position: Position) -> list[entries.Write]:
        """Everything in the journal from a place on, in order."""
        found: list[entries.Write] = []
        while position < (here := self._file.position):
            read = journal_segments.read(self._file.folder, position, here)
            for entry in read.entries:
                found += entries.decode(entry)
            if read.position == position:
                break
            position = read.position
        return found

    def start(self) -> None:
        """Feed from now on, in a thread of its own."""
        self._file.on_append = self.knock
        if self.failed:
            self.knock()
        self._thread.start()

    def knock(self) -> None:
        """There is something to feed. From any thread."""
        if not self._knock.is_set():
            self._knock.set()

    def wait(self, number: int | None = None, within_s: float = 10.0) -> bool:
        """Wait until an entry is in the database, or all that are in the journal now; False if it is not after `within_s`
        seconds."""
        wanted = self._file.appended if number is None else number
        if self.fed >= wanted:
            return True
        with self._news:
            self._urgent += 1
            self.knock()
            try:
                return self._news.wait_for(lambda: self.fed >= wanted, within_s)
            finally:
                self._urgent -= 1

    def close(self, within_s: float = 5.0) -> bool:
        """Stop when everything is in the database, after `within_s` seconds at most; False if something waits for the next
        start."""
        done = self.wait(within_s=within_s) if self._thread.is_alive() else True
        self._closing = True
        self._file.on_append = lambda: None
        self._knock.set()
        if self._thread.is_alive():
            self._thread.join(within_s)
        if not done:
            log.warning(
                "%s entries wait in the journal for the database: %s", self.waiting, self.failed or "it is slow"
            )
        return done

    # --- how it stands -----------------------------------------------------------------------------------------------

    @property
    def position(self) -> Position | None:
        """How far the journal is in the database; None while that is not known."""
        return self._position

    @property
    def waiting(self) -> int:
        """Entries that are not in the database yet."""
        return max(0, self._file.appended - self.fed)

    @property
    def lag_s(self) -> float:
        """How far the database is behind, in seconds; 0 when everything is there."""
        return time.monotonic() - self._level_at_s if self.waiting else 0.0

    def said(self) -> str:
        """`ok`, or what is wrong with the database, for people."""
        lag_s = self.lag_s
        if self.failed or lag_s > LAG_TOLD_S:
            why = self.failed or "it is slow"
            return f"{lag_s:.0f} s behind, {self.waiting} entries wait in the journal: {why}"
        if self.refused:
            return f"{self.refused} rows were refused: see {self._file.folder / 'refused.jsonl'}"
        return "ok"

    # --- the thread --------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        tries = 0
        while True:
            self._knock.wait(60.0)
            self._knock.clear()
            if self._closing and (tries or not self.waiting):
                break
            try:
                more = True
                while more and not (self._closing and tries):
                    _, more = self._feed()
                    tries = 0
                    self.failed = ""
            except SQLAlchemyError as error:
                self._away(first_line(error))
                tries += 1
            except Exception as error:
                log.exception("feeding the database from the journal failed, it is tried again")
                self._away(str(error) or type(error).__name__)
                tries += 1
            if tries:
                self._nap(RETRY_S[min(tries, len(RETRY_S)) - 1])
                self._knock.set()
            else:
                self._tidy()
                self._nap(PACE_S)
        self._drop_connection()

    def _nap(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while (left_s := end_s - time.monotonic()) > 0 and not self._closing:
            if self._urgent and not self.failed:
                return
            time.sleep(min(left_s, PACE_S))

    def _away(self, why: str) -> None:
        if not self.failed:
            log.error("the database takes nothing, calls go on and the journal keeps what it is to get: %s", why)
        self.failed = why
        self._drop_connection()

    def _drop_connection(self) -> None:
        self._position = None
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(Exception):
                connection.close()

    # --- one transaction ---------------------------------------------------------------------------------------------

    def _feed(self) -> tuple[int, bool]:
        """Bring in what comes next; how many entries, and whether there may be more."""
        until, number = self._file.mark()
        connection = self._connected()
        if self._position is None:
            self._position = self._stands_at(connection)
        if self._position >= until:
            self._told(number, frozenset())
            return 0, False
        found = journal_segments.read(self._file.folder, self._position, until, BATCH_BYTES)
        columns = entries.COLUMNS if found.head is None else found.head.columns
        writes = self._decoded(found.entries, columns)
        kinds = frozenset(kind for kind, _ in writes)
        try:
            try:
                with self._transaction(connection, found.position):
                    self._bring(connection, writes, columns)
            except _REFUSED as error:
                log.error("the database refused a row, those of this batch come one by one: %s", first_line(error))
                with self._transaction(connection, found.position):
                    self._one_by_one(connection, writes, columns)
        except _Moved:
            self._position = None
            return 0, True
        self._row = (self._file.name, *found.position)
        if found.damaged:
            self.damaged += found.damaged
            log.critical(
                "%s bytes of the journal before %s are damaged and are passed over", found.damaged, found.position
            )
        same = found.position == self._position
        self._position = found.position
        if found.position >= until:
            self._told(number, kinds)
            return len(found.entries), False
        self.on_fed(kinds)
        return len(found.entries), not same

    def _told(self, number: int, kinds: frozenset[str]) -> None:
        with self._news:
            self.fed = number
            self._level_at_s = time.monotonic()
            self._news.notify_all()
        if kinds:
            self.on_fed(kinds)

    def _decoded(self, found: Iterable[bytes], columns: Mapping[str, Sequence[str]]) -> list[entries.Write]:
        writes: list[entries.Write] = []
        for entry in found:
            try:
                decoded = entries.decode(entry)
            except msgspec.MsgspecError as error:
                self._set_aside("", (entry,), str(error))
                continue
            for kind, values in decoded:
                if kind in columns and kind in entries.COLUMNS:
                    writes.append((kind, values))
                else:
                    self._set_aside(kind, values, "a version of pbx-workbench that knows this kind wrote it")
        return writes

    def _connected(self) -> sa.Connection:
        if self._connection is None:
            self._store.open_late()
            self._connection = self._store.feeding()
        return self._connection

    @contextlib.contextmanager
    def _transaction(self, connection: sa.Connection, position: Position) -> Iterator[None]:
        with connection.begin():
            if self._store.is_sqlite:
                # Else Python's driver begins one only with the first row, and not for a savepoint.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield
            self._stand(connection, position)

    def _bring(
        self, connection: sa.Connection, writes: list[entries.Write], columns: Mapping[str, Sequence[str]]
    ) -> None:
        cursor = connection.connection.cursor()
        try:
            for kind, rows in entries.ordered(writes, columns):
                cursor.executemany(entries.statement(kind, columns[kind], self._mark), rows)
        except Exception as error:
            raise self._translated(error, connection) from error
        finally:
            cursor.close()

    def _one_by_one(
        self, connection: sa.Connection, writes: list[entries.Write], columns: Mapping[str, Sequence[str]]
    ) -> None:
        for kind, rows in entries.ordered(writes, columns):
            query = entries.statement(kind, columns[kind], self._mark)
            for row in rows:
                refusal = self._alone(connection, query, row)
                if refusal is not None:
                    refusal = self._alone(connection, query, entries.fitted(kind, columns[kind], row))
                if refusal is not None:
                    self._set_aside(kind, row, first_line(refusal))

    def _alone(self, connection: sa.Connection, query: str, values: entries.Values) -> Exception | None:
        """Bring in one row and leave the transaction as it was if it is refused; why it was, or None."""
        cursor = connection.connection.cursor()
        try:
            cursor.execute("SAVEPOINT one_row")
            try:
                cursor.execute(query, values)
            except Exception as error:
                told = self._translated(error, connection)
                if not isinstance(told, _REFUSED):
                    raise told from error
                cursor.execute("ROLLBACK TO SAVEPOINT one_row")
                return told
            cursor.execute("RELEASE SAVEPOINT one_row")
            return None
        finally:
            cursor.close()

    @staticmethod
    def _translated(error: Exception, connection: sa.Connection) -> Exception:
        """A driver's error as SQLAlchemy's, so that one list of kinds does for every database."""
        dialect: Any = connection.dialect
        if isinstance(error, dialect.dbapi.Error):
            wrapped: Exception = sa.exc.DBAPIError.instance("", None, error, dialect.dbapi.Error, dialect=dialect)
            return wrapped
        return error

    def _set_aside(self, kind: str, values: entries.Values, reason: str) -> None:
        self.refused += 1
        log.critical("a row of %s was refused and is set aside: %s", kind or "the journal", reason)
        line = msgspec.json.encode({"at": now(), "kind": kind, "values": [_plain(v) for v in values], "reason": reason})
        path = self._file.folder / "refused.jsonl"
        path.touch(mode=0o600, exist_ok=True)
        with path.open("ab") as file:
            file.write(line + b"\n")

    # --- where it stands ---------------------------------------------------------------------------------------------

    def _stands_at(self, connection: sa.Connection) -> Position:
        """Where the database stands in the journal; a database that never saw this journal begins where this process did."""
        c = t.journal_positions.c
        found = connection.execute(sa.select(t.journal_positions).where(c.pbx == self._pbx)).first()
        connection.rollback()
        self._row = None if found is None else (str(found.journal), int(found.segment), int(found.offset))
        known = journal_segments.segments(self._file.folder)
        here = self._file.position
        if found is not None and found.journal == self._file.name:
            position = Position(found.segment, found.offset)
            if known and position.segment < known[0]:
                log.critical("the database stands before what the journal keeps: calls between are missing in it")
            if position <= here:
                return position
            log.error("the database stands behind the end of the journal, which was cut: it goes on from there")
            return here
        if found is None and len(known) > 1:
            log.warning("this database never saw the journal in %s: it gets what comes from now on", self._file.folder)
            return Position(here.segment, 0)
        return Position(known[0] if known else here.segment, 0)

    def _stand(self, connection: sa.Connection, after: Position) -> None:
        """Move on from where this feeder read that the database stands; `_Moved` when it stands elsewhere by now."""
        values = (self._file.name, *after, now(), self._pbx)
        cursor = connection.connection.cursor()
        try:
            if self._row is None:
                cursor.execute(_BEGIN.replace("?", self._mark), values)
            else:
                cursor.execute(_MOVE.replace("?", self._mark), (*values, *self._row))
            moved = cursor.rowcount == 0
        except Exception as error:
            raise self._translated(error, connection) from error
        finally:
            cursor.close()
        if moved:
            raise _Moved

    # --- what may go -------------------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        """Delete segments that are in the database, when they are too old or together too large."""
        at_s = time.monotonic()
        if at_s < self._tidy_at_s or self._position is None:
            return
        self._tidy_at_s = at_s + 30.0
        folder = self._file.folder
        done = [n for n in journal_segments.segments(folder) if n < self._position.segment]
        sizes = {n: journal_segments.path_of(folder, n).stat() for n in done}
        total = sum(found.st_size for found in sizes.values())
        for number in done:
            too_old = time.time() - sizes[number].st_mtime > self._keep_s
            if total <= self._keep_bytes and not too_old:
                break
            journal_segments.path_of(folder, number).unlink(missing_ok=True)
            total -= sizes[number].st_size


def _plain(value: object) -> object:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def waiting(store: Store, folder: Path) -> tuple[int, Instant]:
    """Bytes of a journal that are not in its database yet, and when it was fed last, for commands that read the database
    beside a bridge or without one. Raises SQLAlchemyError."""
    name = journal_segments.name_of(folder)
    c = t.journal_positions.c
    with store.engine.connect() as connection:
        found = connection.execute(sa.select(t.journal_positions).where(c.journal == name)).first()
    if found is None:
        return 0, 0
    size, position = 0, Position(found.segment, found.offset)
    while True:
        read = journal_segments.read(folder, position)
        size += sum(len(entry) for entry in read.entries)
        if read.position == position:
            return size, int(found.fed_at)
        position = read.position
