"""Calls while people talk: watched for a side that sends nothing any more, and their recordings counted.

Decides when silence on the wire counts as lost media, which that of a fax by T.38 does not; a loss changes where a call goes only
if the configuration says it is hung up then. Which talks are recorded is the document's word and the engine's
(`engine/control/recordings.py`); one WAV a talk, the caller left and the other side right. Everything here runs in the loop's
thread. Leaves keeping and deleting files to `store/store.py`.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId, Instant
from live_bridge.config_sections import WatchConfig

if TYPE_CHECKING:
    from live_bridge.calls.call_controller import CallController
    from live_bridge.calls.call_state import LiveCall
    from live_bridge.media.session import Stats
    from live_bridge.sip.loop import Loop

log = logging.getLogger(__name__)

LOOKS_A_LOSS = 4
"""How often packets are counted in the time after which their absence counts."""


class _Watched:
    """What was last heard of one talk: packets received from each side, and when their number last grew."""

    def __init__(self, now_s: float) -> None:
        self.counted = [0, 0]
        self.heard_s = [now_s, now_s]
        self.told = False


class MediaWatch:
    """Follows the notes of one bridge: `take` is a subscriber of the driver."""

    def __init__(self, controller: CallController, loop: Loop, watch: WatchConfig) -> None:
        self.lost = 0
        """Talks in which a side went silent, since the start."""
        self.recorded = 0
        """Talks whose recording is there, since the start."""
        self._controller = controller
        self._loop = loop
        self._watch = watch
        self._watched: dict[CallId, _Watched] = {}
        self._closed = False
        if watch.silent_after > 0:
            loop.post(self._later)

    def take(self, at: Instant, message: note.Note) -> None:
        """One note. What it leads to waits until the engine's commands of the same step are carried out."""
        if isinstance(message, note.CallAnswered):
            self._loop.post(self._answered, message)
        elif isinstance(message, note.CallEnded):
            self._watched.pop(message.call, None)
        elif isinstance(message, note.TalkRecorded):
            if message.length_us:
                self.recorded += 1
            else:
                log.warning("the recording %s has nothing in it: %s", message.recording, message.reason)

    def close(self) -> None:
        """Look no more."""
        self._closed = True

    # --- watching -----------------------------------------------------------------------------------------------------

    def _answered(self, answered: note.CallAnswered) -> None:
        call = self._controller.executor.calls.get(answered.call)
        if call is not None and not call.over and call.session is not None:
            self._watched[call.id] = _Watched(time.monotonic())

    def _later(self) -> None:
        self._loop.later(self._watch.silent_after / LOOKS_A_LOSS, self._look)

    def _look(self) -> None:
        if self._closed:
            return
        for name, watched in list(self._watched.items()):
            call = self._controller.executor.calls.get(name)
            if call is None or call.over or call.session is None or call.bridged is None or call.fax is not None:
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
            self._controller.feed(ev.HangupRequested(call=call.id))
