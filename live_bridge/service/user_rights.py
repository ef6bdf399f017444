"""What employees may see beside their own calls: each user's filter and rights, kept with the bridge (R-23.8, R-23.9, R-23.12).

Decides that a change stands in the audit trail before it holds, holds at once, and is there after a restart. It is no part of the
document, as whose calls somebody sees is no matter of a version that is promoted and rolled back; and no part of the database, as
it must hold while that is away. Leaves what rights mean to `engine/account/call_rights.py`.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from engine.account import call_rights
from engine.account.call_rights import Rights
from live_bridge.store import private_files

FILE: Final = "user_rights.json"


class Trail(Protocol):
    """What is needed of the audit trail."""

    def keep_deed(self, action: str, flow: str, by: str, details: dict[str, Any]) -> object: ...


class UserRights:
    """Those of one bridge. From any thread."""

    def __init__(self, folder: Path, trail: Trail) -> None:
        """Raises OSError or msgspec.DecodeError for a file that cannot be read: nobody's rights are guessed."""
        self._path = folder / FILE
        self._trail = trail
        self._lock = threading.Lock()
        try:
            self._kept = msgspec.json.decode(self._path.read_bytes(), type=dict[int, Rights])
        except FileNotFoundError:
            self._kept = {}

    def of(self, user: int) -> Rights:
        """What a user may; the usual where nobody said otherwise."""
        return self._kept.get(user, Rights())

    def change(self, user: int, wanted: Rights, by: str) -> Rights:
        """Give a user these rights. Raises AccountRefused for a filter that is none, OSError and JournalUnavailable when they
        cannot be kept: then the old ones hold."""
        wanted = msgspec.structs.replace(wanted, filter=call_rights.checked(wanted.filter))
        with self._lock:
            kept = {**self._kept, user: wanted}
            self._trail.keep_deed("rights", "", by, {"user": user, **msgspec.structs.asdict(wanted)})
            private_files.replace(self._path, msgspec.json.encode(kept))
            self._kept = kept
        return wanted
