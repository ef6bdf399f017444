"""What a bridge knows of its state, in a file beside the journal: for a start while the database server is not there.

Decides what is in it and that it is never half written. It holds hashes of passwords and digests of tokens, as the database
does, and nobody else may read it (0600). Leaves when it is taken to `bridge_journal.py`, and what is read from it to
`state_journal.py`.
"""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path

import msgspec

from engine.contract.ids import Instant
from live_bridge.store.audit import Evidence, Label
from live_bridge.store.credentials.key_pairs import KeyPair
from live_bridge.store.credentials.phone_book import PhoneProfile
from live_bridge.store.journal_segments import Position
from live_bridge.store.store import ManualAct, SipAccount, VersionChange

log = logging.getLogger(__name__)

NAME = "state.snapshot"


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one PBX at a place of its journal: what stands before it is in here."""

    pbx: str
    journal: str
    """Name of the journal it belongs to."""
    position: Position
    last_instant: Instant
    """The last instant that any run knew."""
    changes: list[VersionChange]
    acts: list[ManualAct]
    texts: dict[str, str]
    """Documents of versions by digest."""
    accounts: list[SipAccount]
    registrations: list[tuple[int, str, bytes, Instant]]
    tokens: list[tuple[str, str, list[str]]]
    """Digest, name, scopes."""
    pairs: list[KeyPair]
    labels: dict[str, Label] = {}
    """Number and name of every version by digest; empty in one that an older bridge took."""
    evidence: list[Evidence] = []
    phones: list[PhoneProfile] = []


def keep(folder: Path, snapshot: Snapshot) -> None:
    """Put it in the place of the last one: one of the two is there whatever happens. Raises OSError."""
    path = folder / NAME
    fresh = path.with_suffix(".new")
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.write(msgspec.msgpack.encode(snapshot))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def read(folder: Path, pbx: str, journal: str) -> Snapshot | None:
    """The snapshot of this PBX and journal; None when there is none that can be read."""
    with contextlib.suppress(FileNotFoundError):
        try:
            found = msgspec.msgpack.decode((folder / NAME).read_bytes(), type=Snapshot)
        except (msgspec.MsgspecError, OSError) as error:
            log.error("%s cannot be read: %s", folder / NAME, error)
            return None
        if (found.pbx, found.journal) == (pbx, journal):
            return found
        log.error("%s belongs to another PBX or journal", folder / NAME)
    return None
