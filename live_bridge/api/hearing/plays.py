"""Who listened to what: every play of a recording or a voice message is an entry of the audit trail (R-23.12).

Decides what counts as a play. A player asks for a sound in parts (RFC 9110, section 14.2): the parts after the first belong to
the play that began it. The entry is on the disk before the sound is given; when that takes nothing, nothing is given. Leaves the
trail to `store/state_journal.py`, sounds to `recordings.py`.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from fastapi import Request

from live_bridge.store.state_journal import StateJournal

log = logging.getLogger(__name__)

PLAY_S: Final = 12 * 3600.0
"""Longest play: later parts are another one."""

PLAYS_MOST: Final = 10_000
"""Plays remembered; the oldest goes first, and its next part counts as a play."""


class Listening:
    """The plays of one bridge."""

    def __init__(self, state: StateJournal) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._begun: dict[tuple[str, str], float] = {}

    def note(self, request: Request, by: str, recording: str, call: str, flow: str = "") -> None:
        """Somebody asks for a sound: write it down, unless it is a later part of a play. JournalUnavailable."""
        if self._goes_on(by, recording, request.headers.get("Range", "")):
            return
        self._state.keep_deed("listen", flow, by, {"call": call, "recording": recording})
        log.info("the recording %s of call %s was given to %s (R-23.12)", recording, call, by)
        with self._lock:
            self._begun.pop((by, recording), None)
            self._begun[by, recording] = time.monotonic()
            while len(self._begun) > PLAYS_MOST:
                del self._begun[next(iter(self._begun))]

    def _goes_on(self, by: str, recording: str, part: str) -> bool:
        if not part or part.replace(" ", "").startswith("bytes=0-"):
            return False
        with self._lock:
            begun = self._begun.get((by, recording))
        return begun is not None and time.monotonic() - begun < PLAY_S
