"""All that one bridge writes down: its files, the way into its database, and the state that people and phones change.

Decides the order in which these open and close, and what is said of them to people. `live_bridge/store/journal_file.py`
says what is durable when, `feeder.py` how it gets into the database."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from engine.contract.ids import Instant
from live_bridge.store import snapshot
from live_bridge.store.entries import COLUMNS
from live_bridge.store.feeder import KEEP_BYTES, KEEP_S, Feeder
from live_bridge.store.journal_file import JournalFile
from live_bridge.store.journal_store import last_instant, latest_run
from live_bridge.store.signatures import KEY_FILE, own_signer
from live_bridge.store.state_journal import StateJournal
from live_bridge.store.store import Store, StoreError, first_line, now

log = logging.getLogger(__name__)

FOLDER = "journal"
"""Where the files are, in the folder of the bridge."""

READ_WITHIN_S = 0.5
"""How long somebody who reads the database waits for what was written just now."""


class BridgeJournal:
    """The journal of one PBX, open. What an earlier process left is in the database when this is made, unless that is held."""

    def __init__(
        self, store: Store, pbx: str, folder: Path, *, keep_bytes: int = KEEP_BYTES, keep_s: float = KEEP_S
    ) -> None:
        """Raises JournalUnavailable or StoreError with what to do."""
        try:
            signer = own_signer(folder)
        except OSError as error:
            raise StoreError(f"the key in {folder / KEY_FILE} cannot be read or made: {error.strerror}") from None
        self.file = JournalFile(folder / FOLDER, COLUMNS)
        self.feeder = Feeder(store, pbx, self.file, keep_bytes=keep_bytes, keep_s=keep_s)
        self.state = StateJournal(store, self.file, self.feeder, pbx, signer, folder)
        self._store = store
        self.is_level = True
        """Whether the database had everything of earlier processes when this was made."""
        self._left_run = 0
        self._without = ""
        """Why this began without the database."""
        self._left_at: Instant = 0
        try:
            try:
                self.feeder.catch_up()
                store.checkpoint()
                self.state.begin()
            except SQLAlchemyError as error:
                self._begin_without(error)
        except SQLAlchemyError as error:
            self.file.close()
            raise StoreError(f"the database takes nothing: {first_line(error)}") from None
        except BaseException:
            self.file.close()
            raise

    def _begin_without(self, error: SQLAlchemyError) -> None:
        """The database takes nothing. One that another process holds can be read, and what it has not taken yet is read from the
        files. A server that is not there is known by the last snapshot; without one, nothing can begin."""
        self._without = self.feeder.failed = first_line(error)
        if self._store.is_sqlite:
            left = self.feeder.left()
            self.state.begin(left)
        else:
            kept = snapshot.read(self.file.folder, self.state.pbx, self.file.name)
            if kept is None:
                raise error
            left = self.feeder.left_since(kept.position)
            self.state.begin(left, kept)
            self._left_at = kept.last_instant
        self.is_level = False
        self._left_run = max((int(values[0]) for kind, values in left if kind == "runs"), default=0)
        self._left_at = max((int(values[2]) for kind, values in left if kind == "journal"), default=self._left_at)
        log.error("the database takes nothing, calls are taken without it: %s", self._without)

    def keep_snapshot(self, last_instant: Instant) -> bool:
        """Write down what a start needs while the server is not there; nothing to do for a database that is a file here. False
        when there is none. StoreError, OSError."""
        position = self.feeder.position
        if self._store.is_sqlite or self.feeder.failed or position is None:
            return False
        snapshot.keep(self.file.folder, self.state.snapshot(self.file.name, position, last_instant))
        return True

    def next_run(self) -> int | None:
        """Number of the run that begins, when the database cannot give one; None when it can."""
        if self.is_level:
            return None
        return max(self._left_run, latest_run(self._store) or 0) + 1 if self._store.is_sqlite else now()

    def last_instant(self) -> Instant:
        """The last instant that an earlier run of this PBX knew; 0 when there was none."""
        known = 0 if self._store.absent else last_instant(self._store, self.state.pbx)
        return max(self._left_at, known)

    def start(self) -> None:
        """Feed the database from now on."""
        self._store.is_away = lambda: bool(self.feeder.failed)
        self.feeder.start()

    def settle(self, within_s: float = READ_WITHIN_S) -> bool:
        """Wait a little until the database has what was written so far, before it is read; False when it lags."""
        return not self.feeder.failed and self.feeder.wait(within_s=within_s)

    def close(self) -> bool:
        """Bring everything into the database, or leave it for the next start; False if something is left."""
        done = self.feeder.close()
        self._store.is_away = lambda: False
        self.file.close()
        return done

    def figures(self) -> dict[str, Any]:
        """How much waits, for /health and the metrics."""
        return {
            "database_lag_s": round(self.feeder.lag_s, 1),
            "journal_waiting": self.feeder.waiting,
            "journal_bytes": self.file.size,
            "journal_lost": self.file.lost,
            "journal_damaged_bytes": self.feeder.damaged,
            "rows_refused": self.feeder.refused,
        }

    def said_of_database(self) -> str:
        """`ok`, or what is wrong with the database, for people."""
        said = self.feeder.said()
        return f"{said}; the bridge started without it" if self._without and self.feeder.failed else said

    def said(self) -> str:
        """`ok`, or what is wrong with the files, for people."""
        if self.file.failed:
            return f"{self.file.failed}: new calls are refused, {self.file.held} entries wait in memory"
        if self.file.lost:
            return f"{self.file.lost} entries were lost while the disk took nothing"
        if self.feeder.damaged:
            return f"{self.feeder.damaged} bytes could not be read: the disk damaged them"
        return "ok"
