"""PINs of users' mailboxes, kept as hashes in a file of the bridge's own, and how often a wrong one was given (R-09.6).

Decides that a change stands in the audit trail before it holds, and that a box is locked by wrong PINs whoever gives them. PINs
are no part of the document, which people share and compare, nor of the database, as they must hold while that is away. Leaves
what a PIN may be to `engine/account/voicemail_pin.py`, asking for one to `calls/mailbox_calls.py`, keeping wrong ones over a
restart to `store/tries.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from engine.account import voicemail_pin
from engine.contract.errors import PbxError
from engine.contract.ids import Instant
from live_bridge.calls.mailbox_calls import Check
from live_bridge.service.user_rights import Trail
from live_bridge.store import private_files
from live_bridge.store.store import now
from live_bridge.store.tries import Tries

FILE: Final = "voicemail_pins.json"
TRIES: Final = "voicemail_pin_tries"
WRONG: Final = "wrong"

COUNTS_US: Final = voicemail_pin.WITHIN_US + voicemail_pin.LOCKED_US
"""So long a wrong one can still lock a box."""


class PinRefused(PbxError):
    """This is no PIN for that box; the message says why."""


class VoicemailPins:
    """Those of one bridge. From any thread."""

    def __init__(self, folder: Path, trail: Trail, clock: Callable[[], Instant] = now) -> None:
        """Raises OSError or msgspec.DecodeError for a file that cannot be read: no box is open without its PIN."""
        self._path = folder / FILE
        self._trail = trail
        self._clock = clock
        self._lock = threading.Lock()
        self._hasher = PasswordHasher()
        self._tries = Tries(folder, TRIES, COUNTS_US, clock)
        self._wrong: dict[str, list[Instant]] = {}
        """By the hash of the box."""
        for _, box, at in self._tries.at_start:
            self._wrong.setdefault(box, []).append(at)
        try:
            self._kept = msgspec.json.decode(self._path.read_bytes(), type=dict[int, str])
        except FileNotFoundError:
            self._kept = {}

    def has(self, box: int) -> bool:
        """Whether a box has a PIN."""
        return box in self._kept

    def locked_until(self, box: int) -> Instant | None:
        """Until when no PIN is taken for a box; None if one is."""
        until = voicemail_pin.locked_until(self._wrong.get(self._tries.digest(box), ()))
        return until if until is not None and self._clock() < until else None

    def change(self, box: int, pin: str | None, by: str) -> None:
        """Give a box a PIN, or with None take it away; a lock ends. Raises PinRefused, OSError, and JournalUnavailable when it
        cannot be kept: then the old one holds."""
        if pin is not None and (wrong := voicemail_pin.fault(pin, box)):
            raise PinRefused(wrong)
        made = None if pin is None else self._hasher.hash(pin)
        with self._lock:
            kept = {user: known for user, known in self._kept.items() if user != box}
            if made is not None:
                kept[box] = made
            self._trail.keep_deed("voicemail-pin", "", by, {"user": box, "set": made is not None})
            private_files.replace(self._path, msgspec.json.encode(kept))
            self._kept = kept
            self._forget_wrong(box)

    def standing(self, box: int) -> Check:
        """`no_pin` or `locked` where no PIN can be given now, else `right`."""
        if not self.has(box):
            return "no_pin"
        return "right" if self.locked_until(box) is None else "locked"

    def check(self, box: int, pin: str) -> Check:
        """Whether this is the PIN of a box, which takes a twentieth of a second. A wrong one counts."""
        standing = self.standing(box)
        if standing != "right":
            return standing
        try:
            self._hasher.verify(self._kept[box], pin)
        except (VerificationError, InvalidHashError, KeyError):
            with self._lock:
                at, hidden = self._clock(), self._tries.digest(box)
                self._wrong[hidden] = [one for one in self._wrong.get(hidden, ()) if one > at - COUNTS_US] + [at]
                self._tries.add(WRONG, hidden, at)
            return "wrong" if self.locked_until(box) is None else "locked"
        with self._lock:
            self._forget_wrong(box)
        return "right"

    def _forget_wrong(self, box: int) -> None:
        hidden = self._tries.digest(box)
        if self._wrong.pop(hidden, None):
            self._tries.drop(WRONG, hidden)
