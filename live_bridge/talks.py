"""Calls while people talk: recorded where that is set, and watched for a side that sends nothing any more.

Decides which talks are recorded (`record` in live.yaml; one WAV a call, the caller left and the other side right), and when
silence on the wire counts as lost media. Neither changes where a call goes, so the engine knows nothing of it, but for
the hang-up if that is set. Everything here runs in the loop's thread. Leaves keeping and deleting files to `store.py`.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from engine import events as ev
from engine import notes as note
from engine.ids import SECOND_US, CallId, Duration, Instant
from live_bridge.config import RecordConfig, WatchConfig
from live_bridge.media.recording import Recording, file_name

if TYPE_CHECKING:
    from live_bridge.live_call import LiveCall
    from live_bridge.media.session import Stats
    from live_bridge.sip.loop import Loop
    from live_bridge.switchboard import Switchboard

log = logging.getLogger(__name__)

LONGEST_US: Duration = 4 * 3600 * SECOND_US
"""Of one recording."""

LOOKS_A_LOSS = 4
"""How often packets are counted in the time after which their absence counts."""


def talk_file(call: CallId) -> str:
    """Name of the WAV of a call's talk in the folder of recordings."""
    return file_name(f"{call}.talk")


class _Watched:
    """What was last heard of one talk: packets received from each side, and when their number last grew."""

    def __init__(self, now_s: float) -> None:
        self.counted = [0, 0]
        self.heard_s = [now_s, now_s]
        self.told = False


class Talks:
    """Follows the notes of one bridge: `take` is a subscriber of the driver."""

    def __init__(self, board: Switchboard, loop: Loop, record: RecordConfig, watch: WatchConfig) -> None:
        self.lost = 0
        """Talks in which a side went silent, since the start."""
        self.recorded = 0
        """Recordings that were written, since the start."""
        self._board = board
        self._loop = loop
        self._record = record
        self._watch = watch
        self._watched: dict[CallId, _Watched] = {}
        self._begun: set[CallId] = set()
        self._closed = False
        if watch.silent_after > 0:
            loop.post(self._later)

    def take(self, at: Instant, message: note.Note) -> None:
        """One note. What it leads to waits until the engine's commands of the same step are carried out."""
        if isinstance(message, note.CallAnswered):
            self._loop.post(self._answered, message)
        elif isinstance(message, note.CallEnded):
            self._watched.pop(message.call, None)
            self._begun.discard(message.call)

    def close(self) -> None:
        """Look no more."""
        self._closed = True

    # --- recording ----------------------------------------------------------------------------------------------------

    def _answered(self, answered: note.CallAnswered) -> None:
        call = self._board.conductor.calls.get(answered.call)
        if call is None or call.over or call.session is None:
            return
        self._watched[call.id] = _Watched(time.monotonic())
        wanted = self._record
        if call.id in self._begun or not (
            wanted.all
            or answered.element in wanted.queues
            or answered.user in wanted.users
            or call.invitation.user in wanted.users
            or call.invitation.trunk in wanted.trunks
        ):
            return
        self._begun.add(call.id)
        call.session.record(f"{call.id}.talk", self._recorded, both=True, max_us=LONGEST_US)

    def _recorded(self, recording: Recording) -> None:
        if recording.path is None:
            log.warning("the recording %s has nothing in it: %s", recording.recording, recording.reason)
        else:
            self.recorded += 1

    # --- watching -----------------------------------------------------------------------------------------------------

    def _later(self) -> None:
        self._loop.later(self._watch.silent_after / LOOKS_A_LOSS, self._look)

    def _look(self) -> None:
        if self._closed:
            return
        for name, watched in list(self._watched.items()):
            call = self._board.conductor.calls.get(name)
            if call is None or call.over or call.session is None or call.bridged is None:
                watched.heard_s = [time.monotonic()] * 2
                continue
            call.session.stats(lambda stats, call=call, watched=watched: self._counted(call, watched, stats))  # type: ignore[misc]
        self._later()

    def _counted(self, call: LiveCall, watched: _Watched, stats: Stats | None) -> None:
        now_s = time.monotonic()
        held = call.held or (call.bridged is not None and call.bridged.held)
        if stats is None or held or call.over:
            watched.heard_s = [now_s, now_s]
            return
        for side, count in enumerate((stats.from_a, stats.from_b)):
            if count != watched.counted[side]:
                watched.counted[side], watched.heard_s[side] = count, now_s
        silent_s = now_s - min(watched.heard_s)
        if silent_s < self._watch.silent_after:
            watched.told = False
            return
        if watched.told:
            return
        watched.told = True
        self.lost += 1
        side_name = "the caller" if watched.heard_s[0] <= watched.heard_s[1] else "the other side"
        log.warning("call %s: no sound from %s for %.0f s", call.id, side_name, silent_s)
        if self._watch.hang_up:
            self._board.feed(ev.HangupRequested(call=call.id))
