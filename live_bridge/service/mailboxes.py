"""How many voice messages are in each box, for lamps (R-15.10): counted in memory, so that no call waits for the database.

Decides nothing. Leaves the messages to the store, telling phones to `sip/lamps/`. From any thread.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable

from engine.contract import notes as note
from engine.contract.ids import Instant
from live_bridge.store.store import Store, StoreError

log = logging.getLogger(__name__)

Tell = Callable[[int, int, int], None]
"""Takes a box, its new messages and those that were heard."""


class Mailboxes:
    """The boxes of one PBX. `tell` hears of every change."""

    def __init__(self, store: Store, pbx: str, tell: Tell) -> None:
        self._store = store
        self._pbx = pbx
        self._tell = tell
        self._lock = threading.Lock()
        self._boxes: dict[str, int] = {}
        """The box of each message, by its recording."""
        self._heard: set[str] = set()
        self._fresh: dict[str, int] = {}
        """Messages that the database may not have yet."""

    def load(self) -> None:
        """Read which messages there are: at the start, and when old ones were deleted. Without the database all stays."""
        try:
            found = {message.recording: message for message in self._store.voice_messages(self._pbx)}
        except StoreError as error:
            log.warning("lamps of mailboxes stay as they are: %s", error)
            return
        with self._lock:
            before = set(self._boxes.values())
            self._fresh = {recording: box for recording, box in self._fresh.items() if recording not in found}
            self._boxes = {recording: message.box for recording, message in found.items()} | self._fresh
            self._heard = {recording for recording, message in found.items() if message.heard} | (
                self._heard & self._boxes.keys()
            )
            boxes = before | set(self._boxes.values())
        for box in sorted(boxes):
            self._say(box)

    def take(self, at: Instant, message: note.Note) -> None:
        """A note of the engine: a message was left."""
        if isinstance(message, note.MessageLeft):
            with self._lock:
                self._boxes[message.recording] = self._fresh[message.recording] = message.box
            self._say(message.box)

    def heard(self, recording: str) -> None:
        """Somebody listened to a message."""
        with self._lock:
            box = self._boxes.get(recording)
            self._heard.add(recording)
        if box is not None:
            self._say(box)

    def _say(self, box: int) -> None:
        with self._lock:
            counted = Counter(recording in self._heard for recording, its in self._boxes.items() if its == box)
        self._tell(box, counted[False], counted[True])
