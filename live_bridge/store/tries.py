"""Tries that count for a while, kept over a restart: wrong PINs, sign-ins by phone, callbacks (R-09.6, R-23.10, R-17.5).

Decides how they lie in the folder: one line a try, with the place of a table, a keyed hash of who it counts for and the instant,
so that neither numbers nor addresses of people stand there. Lines too old to count go when the bridge starts, and whenever there
are many of them. Leaves when a try counts to those who ask. A folder that cannot be written stops no call and no sign-in: what
was tried counts until the bridge stops. Thread-safe.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from engine.contract.ids import Duration, Instant
from engine.numbers.digits import is_digits
from live_bridge.store import private_files

log = logging.getLogger(__name__)

SECRET: Final = "tries.key"

LINES_LEAST: Final = 1_000
"""Below so many lines nobody looks for old ones."""

Kept = list[tuple[str, str, Instant]]
"""Table, hash and instant of each try, in order of time."""


class Tries:
    """Those of one kind, in the file `name` of a folder. `keep_us` is how long a try can count."""

    def __init__(self, folder: Path, name: str, keep_us: Duration, clock: Callable[[], Instant]) -> None:
        self._path = folder / name
        self._key = private_files.own_secret(folder, SECRET)
        self._keep_us, self._clock = keep_us, clock
        self._lock = threading.Lock()
        self._lines = 0
        self.at_start = self._read()
        """What still counted when the bridge started."""
        self._write(self.at_start)

    def digest(self, who: object) -> str:
        """The hash under which tries of somebody are kept."""
        return hmac.new(self._key, str(who).encode(errors="replace"), hashlib.sha256).hexdigest()[:32]

    def add(self, table: str, digest: str, at: Instant) -> None:
        """A try counts from now on."""
        self._append("+", table, digest, at)

    def drop(self, table: str, digest: str, at: Instant = 0) -> None:
        """It counts no more: the one of that instant, or with 0 all of them."""
        self._append("-", table, digest, at)

    def _append(self, sign: str, table: str, digest: str, at: Instant) -> None:
        with self._lock:
            try:
                private_files.make_file(self._path)
                with self._path.open("a", encoding="ascii") as opened:
                    opened.write(f"{sign} {table} {digest} {at}\n")
                self._lines += 1
                if self._lines > self._most:
                    self._write(self._read())
            except OSError as error:
                log.error("a try that counts is forgotten at the next start: %s: %s", self._path, error.strerror)

    def _read(self) -> Kept:
        """What counts of the lines there are. One that a kill cut off counts for nothing."""
        try:
            lines = self._path.read_text(encoding="ascii", errors="replace").splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            log.error("what was tried before the start counts no more: %s: %s", self._path, error.strerror)
            return []
        at_most = self._clock()
        found: dict[tuple[str, str], list[Instant]] = {}
        for line in lines:
            sign, table, digest, written = (*line.split(" "), "", "", "", "")[:4]
            if sign not in ("+", "-") or not is_digits(written):
                continue
            at = min(int(written), at_most)  # a clock that was put back locks nobody for longer
            instants = found.setdefault((table, digest), [])
            if sign == "+":
                if at > at_most - self._keep_us:
                    instants.append(at)
            elif int(written) == 0:
                instants.clear()
            elif at in instants:
                instants.remove(at)
        kept = [(table, digest, at) for (table, digest), instants in found.items() for at in instants]
        return sorted(kept, key=lambda one: one[2])

    def _write(self, kept: Iterable[tuple[str, str, Instant]]) -> None:
        lines = [f"+ {table} {digest} {at}\n" for table, digest, at in kept]
        self._lines, self._most = len(lines), LINES_LEAST + 2 * len(lines)
        if not lines and not os.path.exists(self._path):
            return
        try:
            private_files.replace(self._path, "".join(lines).encode("ascii"))
        except OSError as error:
            log.error("old tries stay in %s: %s", self._path, error.strerror)
