"""Which internal numbers a call touched: queues and other elements it visited, users who called, were rung or answered (R-23.12).

Decides what belongs to a call in this sense, so that the calls of a queue or of a member are found by an index and not by
reading every call. Leaves finding to `history_rows.py`. Calls from before there was this table have what their record tells:
who was rung without answering stands in no record.
"""

from __future__ import annotations

from engine.contract import notes as note
from engine.contract.ids import CallId
from engine.numbers.phone_numbers import is_internal
from engine.records.history import CallRecord
from live_bridge.store.entries import Write


class NumberBook:
    """Remembers of calls in progress whom they rang. Feed it every note of one engine, in order."""

    def __init__(self) -> None:
        self._rung: dict[CallId, dict[int, None]] = {}

    def take(self, message: note.Note) -> None:
        """One note."""
        if isinstance(message, note.CallStarted):
            self._rung[message.call] = {} if message.user is None else {message.user: None}
        elif isinstance(message, note.LegStarted | note.CallAnswered):
            if message.user is not None and message.call in self._rung:
                self._rung[message.call][message.user] = None
        elif isinstance(message, note.ElementEntered) and message.call in self._rung:
            self._rung[message.call][message.element] = None

    def of(self, call: CallId) -> frozenset[int]:
        """What a call in progress touched so far."""
        return frozenset(self._rung.get(call, ()))

    def forget(self, call: CallId) -> None:
        """A call is over, for whoever needs no rows of it."""
        self._rung.pop(call, None)

    def over(self, record: CallRecord, pbx: str) -> list[Write]:
        """A call is over: its rows."""
        rung = self._rung.pop(record.uuid, {})
        found = dict.fromkeys([*touched(record), *rung])
        return [("call_numbers", (pbx, number, record.start, record.uuid)) for number in found]


def touched(record: CallRecord) -> list[int]:
    """Internal numbers that a record names, each once."""
    found: dict[int, None] = {}
    if record.accountcode in ("outbound", "local") and is_internal(record.caller_id_number):
        found[int(record.caller_id_number)] = None
    for visit in record.events:
        if visit.element:
            found[visit.element] = None
        if is_internal(visit.by):
            found[int(visit.by)] = None
    return list(found)
