"""The calls that somebody sees, and everything that hangs on one: their records, recordings, voice messages, events (R-23.12).

The one place where a filter is held against what there is. Whoever asks for others goes through here: the API, the compatible
API, exports, and by the API the History page. Leaves what a filter means to `engine/account/call_rights.py`, which event streams
ask themselves, who has which to `api/access/`, finding to `history_rows.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from engine.account.call_rights import Sight
from engine.records.history import CallRecord
from live_bridge.store import history_export
from live_bridge.store.call_versions import Labels
from live_bridge.store.history_rows import CallFilter, Place
from live_bridge.store.messages import VoiceMessage
from live_bridge.store.store import Store


class SeenCalls:
    """Of one PBX, for one sight."""

    def __init__(self, store: Store, pbx: str, sight: Sight) -> None:
        self._store, self._pbx, self._sight = store, pbx, sight

    def narrowed(self, wanted: CallFilter) -> CallFilter:
        """What is asked of the history, for no calls but those that are seen."""
        return wanted if self._sight.all else msgspec.structs.replace(wanted, seen=self._sight.ranges)

    def history(
        self, wanted: CallFilter, *, before: Place | None = None, limit: int = 1000, offset: int = 0
    ) -> list[CallRecord]:
        """See `HistoryRows.history`."""
        return self._store.history(self._pbx, self.narrowed(wanted), before=before, limit=limit, offset=offset)

    def rows(
        self, zone: ZoneInfo, language: str, wanted: CallFilter, *, limit: int = 0, labels: Labels | None = None
    ) -> Iterator[dict[str, Any]]:
        """See `history_export.rows`."""
        return history_export.rows(
            self._store, self._pbx, zone, language, self.narrowed(wanted), limit=limit, labels=labels
        )

    def call(self, uuid: str) -> CallRecord | None:
        """A call that is over, if it is seen; else None, as for one that there is not."""
        found = self._store.call(uuid)
        return found if found is not None and self._sees(uuid) else None

    def messages(self, box: int | None = None) -> list[VoiceMessage]:
        """Voice messages of calls that are seen, and those in boxes of numbers that are; the latest first."""
        return [one for one in self._store.voice_messages(self._pbx, box) if self._may_have(one)]

    def message(self, recording: str) -> VoiceMessage | None:
        """One of them, or None."""
        found = self._store.voice_message(self._pbx, recording)
        return found if found is not None and self._may_have(found) else None

    def _sees(self, uuid: str) -> bool:
        return self._sight.all or self._sight.sees(self._store.numbers_of(uuid))

    def _may_have(self, message: VoiceMessage) -> bool:
        return self._sight.covers(message.box) or self._sees(message.call)
