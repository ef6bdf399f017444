"""What is in each mailbox, for lamps and for users who listen by phone (R-15.10, R-09.6): kept in memory, so that no call waits
for the database.

Decides the order in which messages are heard, and that the sound of a deleted one goes as soon as no e-mail waits that brings it.
Leaves the messages to the store, telling phones to `sip/lamps/`, PINs to `voicemail_pins.py`. From any thread.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from engine.contract import commands as cmd
from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId, Instant
from live_bridge.media.recording import file_name
from live_bridge.store.store import Store, StoreError

log = logging.getLogger(__name__)

Tell = Callable[[int, int, int], None]
"""Takes a box, its new messages and those that were heard."""

CountIn = Callable[[int, int], None]
"""Takes a box and how many messages it holds, for the engine, which counts those alone that come by calls (R-09.4)."""


class _Boxed(msgspec.Struct, frozen=True):
    box: int
    caller: str
    left_at: Instant


class Mailboxes:
    """The boxes of one PBX. `tell` hears of every change, `count_in` of those that the engine did not make itself."""

    def __init__(self, store: Store, pbx: str, tell: Tell, count_in: CountIn | None = None) -> None:
        self._store = store
        self._pbx = pbx
        self._tell = tell
        self._count_in = count_in or _nobody
        self._lock = threading.Lock()
        self._boxes: dict[str, _Boxed] = {}
        """Every message, by its recording."""
        self._heard: set[str] = set()
        self._fresh: dict[str, _Boxed] = {}
        """Messages that the database may not have yet."""
        self._gone: set[str] = set()
        """Deleted ones, which it may have still, or their sounds are there."""
        self._counted: Counter[int] = Counter()
        """Messages of each box as the engine counts them."""
        self._callers: dict[CallId, str] = {}

    def load(self) -> None:
        """Read which messages there are: at the start, and when old ones were deleted. Without the database all stays."""
        try:
            found = {message.recording: message for message in self._store.voice_messages(self._pbx)}
        except StoreError as error:
            log.warning("lamps of mailboxes stay as they are: %s", error)
            return
        with self._lock:
            before = {boxed.box for boxed in self._boxes.values()}
            self._fresh = {recording: boxed for recording, boxed in self._fresh.items() if recording not in found}
            for recording in self._gone:
                found.pop(recording, None)
            kept = {recording: _Boxed(m.box, m.caller, m.left_at) for recording, m in found.items()}
            self._boxes = kept | self._fresh
            self._heard = {recording for recording, message in found.items() if message.heard} | (
                self._heard & self._boxes.keys()
            )
            boxes = before | {boxed.box for boxed in self._boxes.values()}
        for box in sorted(boxes):
            self._say(box, True)

    def take(self, at: Instant, message: note.Note) -> None:
        """A note of the engine: a message was left, or somebody did something to one by phone."""
        if isinstance(message, note.CallStarted):
            self._callers[message.call] = message.caller
        elif isinstance(message, note.CallEnded):
            self._callers.pop(message.call, None)
        elif isinstance(message, note.MessageLeft):
            boxed = _Boxed(message.box, self._callers.get(message.call, ""), at)
            with self._lock:
                self._boxes[message.recording] = self._fresh[message.recording] = boxed
                self._counted[message.box] += 1
            self._say(message.box, False)
        elif isinstance(message, note.MessageMarked):
            with self._lock:
                self._counted[message.box] -= message.state == "deleted"
            self.mark(message.recording, message.state, by_phone=True)

    def mark(self, recording: str, state: str, by_phone: bool = False) -> None:
        """Somebody listened to a message, wants it to be new again, or deleted it."""
        with self._lock:
            boxed = self._boxes.get(recording)
            if state == "heard":
                self._heard.add(recording)
            else:
                self._heard.discard(recording)
            if state == "deleted" and boxed is not None:
                del self._boxes[recording]
                self._fresh.pop(recording, None)
                self._gone.add(recording)
        if boxed is not None:
            self._say(boxed.box, not by_phone)

    def is_deleted(self, recording: str) -> bool:
        """Whether a message was deleted that the database may have still."""
        with self._lock:
            return recording in self._gone

    def messages(self, box: int) -> tuple[ev.BoxMessage, ...]:
        """What is in a box, as it is to be heard: new messages first, of each kind the earliest first."""
        with self._lock:
            found = [
                (recording in self._heard, boxed.left_at, recording, boxed.caller)
                for recording, boxed in self._boxes.items()
                if boxed.box == box
            ]
        return tuple(
            ev.BoxMessage(recording=recording, caller=caller, new=not heard)
            for heard, _, recording, caller in sorted(found)
        )

    def tidy_files(self, recordings: Path) -> None:
        """Delete the sounds of messages that were deleted, but for those an e-mail is to bring. StoreError."""
        with self._lock:
            gone = set(self._gone)
        if not gone:
            return
        gone -= set(self._to_be_sent())
        still_there = {message.recording for message in self._store.voice_messages(self._pbx)}
        for recording in gone:
            (recordings / file_name(recording)).unlink(missing_ok=True)
        with self._lock:
            self._gone -= gone - still_there

    def _to_be_sent(self) -> Iterator[str]:
        for email in self._store.emails_waiting(self._pbx):
            command = msgspec.json.decode(email.command, type=cmd.SendMessage)
            if command.recording is not None:
                yield command.recording

    def _say(self, box: int, count_in: bool) -> None:
        with self._lock:
            counted = Counter(recording in self._heard for recording, boxed in self._boxes.items() if boxed.box == box)
            differs = count_in and self._counted[box] != counted.total()
            self._counted[box] = counted.total()
        self._tell(box, counted[False], counted[True])
        if differs:
            self._count_in(box, counted.total())


def _nobody(box: int, messages: int) -> None:
    """No engine wants to know."""


State = Literal["heard", "new", "deleted"]
"""What may be said of a message."""
