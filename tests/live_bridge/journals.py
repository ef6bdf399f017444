"""Journals for tests: a run with files of its own, and the way from them into a database."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from engine.records.journal import Header
from live_bridge.store.bridge_journal import BridgeJournal
from live_bridge.store.journal_store import JournalWriter
from live_bridge.store.store import Store


class Run(JournalWriter):
    """One run, in files of its own unless a folder is given; `close` brings all of it into the database."""

    def __init__(
        self, store: Store, pbx: str, header: Header, *more: Any, folder: Path | None = None, **parts: Any
    ) -> None:
        self._own = None if folder is not None else Path(tempfile.mkdtemp(prefix="pbx-journal-"))
        self.records = BridgeJournal(store, pbx, folder or self._own or Path())
        super().__init__(store, self.records.file, pbx, header, *more, **parts)
        self.records.start()

    def settle(self) -> None:
        """Everything written so far is in the database when this returns."""
        self.flush()
        assert self.records.feeder.wait(within_s=20.0), self.records.feeder.said()

    def close(self) -> None:
        super().close()
        self.leave()

    def leave(self) -> None:
        """Let go as a killed process does: nothing is closed; what was written comes into the database."""
        assert self.records.close()
        if self._own is not None:
            shutil.rmtree(self._own)
