"""The journal of one bridge as it is written: entries are only ever appended to files of this machine.

Decides when the disk is waited for, and what happens when it takes nothing. Leaves the form of the files to
`journal_segments.py`, what an entry means to `entries.py`, and the way into the database to `feeder.py`.

`append` hands an entry to the operating system before it returns: a killed process loses none. A thread of its own brings
to the disk whatever was appended since it last did (`fdatasync`, one for many entries: group commit), so that a power cut
loses a few milliseconds at most; `append_now` and `sync` wait for it, for what must not be lost even then. Nobody who takes
calls waits for the disk, or for a lock that somebody holds who waits for it.

A tail that a kill or a power cut tore is cut off when the journal is opened. When the disk is full or refuses, entries are
held in memory up to `HELD_MOST` bytes, `failed` says why, and the thread tries again until it works; order is kept and
nothing is lost."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from live_bridge.store.journal_segments import (
    JournalUnavailable,
    Position,
    end_of,
    frame,
    name_of,
    path_of,
    segments,
    start_of,
)

log = logging.getLogger(__name__)

SEGMENT_BYTES = 16_000_000
"""A segment is closed when it has so many."""

HELD_MOST = 64_000_000
"""Bytes held in memory while the disk takes nothing: some 50,000 steps of calls in progress, for new ones are refused."""

SYNC_PAUSE_S = 0.02
"""Pause between two waits for the disk when nobody asks for one: what a power cut may lose, beside the wait itself."""

RETRY_S = 0.25
"""How often a disk that refused is tried again."""

AT_ONCE = 100
"""Entries written together when the disk takes some again."""

SYNC_WITHIN_S = 10.0
"""Longest wait of `sync`."""


class InDoubt(JournalUnavailable):
    """An entry was handed over and the disk does not confirm it: whoever wrote it takes it back with another entry."""


def _write(fd: int, data: bytes) -> int:
    """Hand bytes to the operating system; tests put a full disk here."""
    return os.write(fd, data)


def _wait_for_disk(fd: int) -> None:
    """Wait until the disk has what was written; tests put a disk that fails here."""
    os.fdatasync(fd)


class JournalFile:
    """The journal in one folder, open for writing by this process alone. From any thread."""

    def __init__(
        self, folder: Path, columns: Mapping[str, tuple[str, ...]], segment_bytes: int = SEGMENT_BYTES
    ) -> None:
        """Opens or makes the folder, cuts a torn tail and begins a new segment. JournalUnavailable when that cannot be."""
        self.folder = folder
        self.failed = ""
        """Why the disk takes nothing; empty while all is well."""
        self.lost = 0
        """Entries that found no room in memory either."""
        self.torn = 0
        """Bytes cut off when it was opened."""
        self.name = ""
        """Name of the journal, made with its folder."""
        self.appended = 0
        """Entries appended by this process, those held in memory included."""
        self.on_change: Callable[[str], None] = lambda _: None
        """Told `failed` when it changes, in whichever thread notices: hand over."""
        self.on_append: Callable[[], None] = lambda: None
        """Called after each append, in the appending thread: it must only knock."""
        self._columns = dict(columns)
        self._segment_bytes = segment_bytes
        self._lock = threading.Lock()
        self._synced = threading.Condition(self._lock)
        self._news = threading.Event()
        self._urgent = 0
        """Who waits in `sync`."""
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._full: list[int] = []
        """Descriptors of segments that are full and not yet on the disk."""
        self._fd = -1
        self._key = 0
        self._segment = 0
        self._offset = 0
        self._new_name = False
        """Whether a file was made whose name is not yet on the disk."""
        self._written = 0
        self._on_disk = 0
        self._closing = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
            self._only_one = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise JournalUnavailable(f"the journal in {folder} cannot be opened: {error.strerror or error}") from None
        try:
            self._open()
        except OSError as error:
            os.close(self._only_one)
            raise JournalUnavailable(f"the journal in {folder} cannot be opened: {error.strerror or error}") from None
        except BaseException:
            os.close(self._only_one)
            raise
        self._thread = threading.Thread(target=self._run, name="journal-disk", daemon=True)
        self._thread.start()

    # --- opening -----------------------------------------------------------------------------------------------------

    def _open(self) -> None:
        try:
            fcntl.flock(self._only_one, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise JournalUnavailable(f"{self.folder} is written by another bridge that runs: stop it first") from None
        known = segments(self.folder)
        self.name = name_of(self.folder) or secrets.token_hex(8)
        if known:
            path = path_of(self.folder, known[-1])
            good, self.torn = end_of(path)
            if self.torn:
                log.warning("%s: the last %s bytes were torn and are cut off", path.name, self.torn)
                os.truncate(path, good)
        self._segment = known[-1] if known else 0
        self._next_segment()

    def _next_segment(self) -> None:
        """Begin a segment; raises OSError and changes nothing when that cannot be."""
        number = self._segment + 1
        start, key = start_of(self.name, self._columns)
        path = path_of(self.folder, number)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _write_all(fd, start)
        except OSError:
            os.close(fd)
            path.unlink(missing_ok=True)
            raise
        if self._fd >= 0:
            self._full.append(self._fd)
        self._fd, self._key, self._segment, self._offset = fd, key, number, len(start)
        self._new_name = True

    # --- writing -----------------------------------------------------------------------------------------------------

    @property
    def position(self) -> Position:
        """Where the next entry will stand."""
        with self._lock:
            return Position(self._segment, self._offset)

    def mark(self) -> tuple[Position, int]:
        """Where the next entry will stand, and how many entries of this process stand before it."""
        with self._lock:
            return Position(self._segment, self._offset), self._written

    @property
    def size(self) -> int:
        """Bytes of all segments."""
        total = 0
        for number in segments(self.folder):
            with contextlib.suppress(FileNotFoundError):  # it went just now
                total += path_of(self.folder, number).stat().st_size
        return total

    @property
    def held(self) -> int:
        """Entries that wait in memory for a disk that takes them."""
        return len(self._held)

    def append(self, entry: bytes) -> int:
        """Hand an entry to the operating system; its number among those of this process, from 1. When the disk takes nothing it
        is held in memory and written later, and `failed` says so."""
        changed = False
        with self._lock:
            self.appended += 1
            number = self.appended
            if self._held:
                self._hold(entry)
            else:
                try:
                    self._put(entry)
                except OSError as error:
                    changed = self._fail(error)
                    self._hold(entry)
        self._tell(changed)
        return number

    def append_now(self, entry: bytes) -> int:
        """Append an entry and wait until the disk has it; its number. Never from who takes calls. JournalUnavailable when it is
        not in the journal, `InDoubt` when it is and the disk does not confirm it."""
        changed, number = False, 0
        with self._lock:
            if not self.failed:
                try:
                    self._put(entry)
                    self.appended += 1
                    number = self.appended
                except OSError as error:
                    changed = self._fail(error)
            failed = self.failed
        self._tell(changed)
        if not number:
            raise JournalUnavailable(f"nothing was changed, for the journal cannot be written: {failed}")
        if not self.sync():
            raise InDoubt(f"the disk does not confirm what it took: {self.failed or 'it does not answer'}")
        return number

    def sync(self, within_s: float = SYNC_WITHIN_S) -> bool:
        """Wait until everything appended so far is on the disk; False when it is not after `within_s` seconds."""
        with self._synced:
            wanted = self.appended
            self._urgent += 1
            self._news.set()
            try:
                self._synced.wait_for(lambda: self._on_disk >= wanted or bool(self.failed), within_s)
                return self._on_disk >= wanted
            finally:
                self._urgent -= 1

    def _tell(self, changed: bool) -> None:
        if not self._news.is_set():
            self._news.set()
        if changed:
            self.on_change(self.failed)
        self.on_append()

    def _put(self, entry: bytes) -> None:
        if self._offset >= self._segment_bytes:
            self._next_segment()
        data = frame(entry, self._key)
        try:
            _write_all(self._fd, data)
        except OSError:
            os.ftruncate(self._fd, self._offset)
            raise
        self._offset += len(data)
        self._written += 1

    def _hold(self, entry: bytes) -> None:
        if self._held_bytes + len(entry) > HELD_MOST:
            if not self.lost:
                log.critical("the journal has no room in memory either: entries are lost from now on")
            self.lost += 1
            self.appended -= 1
            return
        self._held.append(entry)
        self._held_bytes += len(entry)

    def _fail(self, error: OSError) -> bool:
        was, self.failed = self.failed, error.strerror or str(error)
        if not was:
            log.critical("the journal cannot be written, new calls are refused: %s", self.failed)
        return not was

    # --- the thread that waits for the disk --------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            if self.failed:
                time.sleep(RETRY_S)
                self._try_again()
                if self.failed and self._closing:
                    return
                continue
            self._news.wait()
            self._news.clear()
            self._bring_to_disk()
            if self._closing and not self.failed and self._on_disk >= self._written:
                return
            if not self._urgent and not self._closing:
                time.sleep(SYNC_PAUSE_S)

    def _try_again(self) -> None:
        """Write what is held, in order, as far as the disk takes it; a little at a time, for who takes calls may want to
        append."""
        while self._write_held():
            pass
        if not self.failed:
            self._bring_to_disk()
        if not self.failed:
            lost = f"{self.lost} entries were lost" if self.lost else "nothing was lost"
            log.warning("the journal can be written again, %s", lost)
            self.on_change("")
        self.on_append()

    def _write_held(self) -> bool:
        """Write some of what is held; whether there is more and the disk takes it."""
        with self._lock:
            done = 0
            try:
                for entry in self._held[:AT_ONCE]:
                    self._put(entry)
                    done += 1
                    self._held_bytes -= len(entry)
            except OSError as error:
                self.failed = error.strerror or str(error)
                return False
            finally:
                del self._held[:done]
            if not self._held:
                self.failed = ""
            return bool(self._held)

    def _bring_to_disk(self) -> None:
        with self._lock:
            fd, written = self._fd, self._written
            full, self._full = self._full, []
            new_name, self._new_name = self._new_name, False
        try:
            while full:
                _wait_for_disk(full[0])
                os.close(full.pop(0))
            _wait_for_disk(fd)
            if new_name:
                self._bring_name_to_disk()
        except OSError as error:
            with self._synced:
                self._full = full + self._full
                self._new_name = self._new_name or new_name
                changed = self._fail(error)
                self._synced.notify_all()
            if changed:
                self.on_change(self.failed)
            return
        with self._synced:
            self._on_disk = max(self._on_disk, written)
            self._synced.notify_all()

    def _bring_name_to_disk(self) -> None:
        fd = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)

    def close(self) -> None:
        """Bring everything to the disk and let go of the folder."""
        self._closing = True
        self._news.set()
        self._thread.join(SYNC_WITHIN_S)
        with self._lock:
            if self._held:
                log.critical("%s entries could not be written and are lost: %s", len(self._held), self.failed)
            for fd in (*self._full, self._fd, self._only_one):
                os.close(fd)
            self._full, self._fd = [], -1


def _write_all(fd: int, data: bytes) -> None:
    """Write all bytes or raise OSError."""
    done = _write(fd, data)
    while done < len(data):
        more = _write(fd, data[done:])
        if more <= 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        done += more
