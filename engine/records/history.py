"""Call history made from notes and nothing else (R-24.1): one record per call, from any world.

Decides what each field of a record means. Leaves storing to `live_bridge/store/store.py` and tables of simulated days to
`pbxsim/results/frames.py`. Notes cannot know the caller's name and hosts; the world gives those beside them by `fact`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Literal

import msgspec

from engine.contract import notes as note
from engine.contract.causes import BridgeCause, Cause, Party, comment
from engine.contract.ids import SECOND_US, CallId, Duration, Instant, RecordingId
from engine.records.told import World
from engine.state.sink import Message

AccountCode = Literal["inbound", "outbound", "local", "missed"]
"""`missed` is a call from outside that no person answered, also when it left a voice message."""

CUT_OFF = BridgeCause.CUT_OFF
"""Cause of calls that were in progress when the bridge itself went down."""


class ElementVisit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One visit of a call at one element."""

    element: int
    kind: str
    enter: Instant
    answer: Instant | None = None
    """When a person answered here."""
    leave: Instant | None = None
    output: str = ""
    """Output taken; empty when the call ended here."""
    to: str = ""
    rule: str = ""
    """The rule that decided how the visit ended."""
    by: str = ""
    """The one who answered here: a user's internal number, or an outside number."""


class CallRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One call of the history, times as instants. `row` gives the fields of R-24.1 for people."""

    uuid: CallId
    caller_id_name: str
    caller_id_number: str
    destination_number: str
    from_host: str
    to_host: str
    start: Instant
    end: Instant
    duration_us: Duration
    user_talk_us: Duration
    hangup_cause: Cause | BridgeCause
    party: Party
    accountcode: AccountCode
    gateway: str
    """Key of the trunk the call came in on or went out by; empty for local calls."""
    flow: str
    """Digest of the version the call ran on (R-25.6)."""
    rule: str
    """The rule that ended the call."""
    events: tuple[ElementVisit, ...]
    recordings: tuple[RecordingId, ...] = ()
    """Recordings of its talks that were begun, in order; one whose talk was silent has no sound."""


COLUMNS = (
    "uuid",
    "caller_id_name",
    "caller_id_number",
    "destination_number",
    "from_host",
    "to_host",
    "start_stamp",
    "end_stamp",
    "duration",
    "user_talk_time",
    "hangup_cause",
    "accountcode",
    "gateway",
    "comment",
    "events",
    "world",
    "flow",
)
"""The fields of R-24.1, in its order, the world the call was in (R-19.8) and the digest of its version (R-25.6)."""


def row(record: CallRecord, zone: tzinfo = UTC, language: str = "en", world: World = "live") -> dict[str, object]:
    """A record as R-24.1 writes it: stamps in `zone`, lengths in seconds, the comment in the viewer's language."""
    return {
        "uuid": record.uuid,
        "caller_id_name": record.caller_id_name,
        "caller_id_number": record.caller_id_number,
        "destination_number": record.destination_number,
        "from_host": record.from_host,
        "to_host": record.to_host,
        "start_stamp": stamp(record.start, zone),
        "end_stamp": stamp(record.end, zone),
        "duration": record.duration_us / SECOND_US,
        "user_talk_time": record.user_talk_us / SECOND_US,
        "hangup_cause": str(record.hangup_cause),
        "accountcode": record.accountcode,
        "gateway": record.gateway,
        "comment": comment(record.hangup_cause, language),
        "events": [
            {
                "element": visit.element,
                "kind": visit.kind,
                "enter": stamp(visit.enter, zone),
                "answer": None if visit.answer is None else stamp(visit.answer, zone),
                "leave": None if visit.leave is None else stamp(visit.leave, zone),
                "output": visit.output,
                "to": visit.to,
                "rule": visit.rule,
                "answered_by": visit.by,
            }
            for visit in record.events
        ],
        "world": world,
        "flow": record.flow,
    }


def stamp(at: Instant, zone: tzinfo = UTC) -> str:
    """An instant as ISO 8601 with milliseconds.

    >>> stamp(1_700_000_000_123_456)
    '2023-11-14T22:13:20.123+00:00'
    """
    seconds, rest_us = divmod(at, SECOND_US)
    return datetime.fromtimestamp(seconds, zone).replace(microsecond=rest_us).isoformat(timespec="milliseconds")


class _Open:
    """A call in progress."""

    __slots__ = (
        "answered", "caller_name", "from_host", "left", "out_trunk", "recordings", "start", "started", "to_host", "visits",
    )  # fmt: skip

    def __init__(self, start: Instant, started: note.CallStarted) -> None:
        self.start = start
        self.started = started
        self.visits: list[ElementVisit] = []
        self.recordings: tuple[RecordingId, ...] = ()
        self.answered = False
        self.left = False
        """Whether a leg to an outside number was placed."""
        self.out_trunk = ""
        self.caller_name = ""
        self.from_host = ""
        self.to_host = ""


class History:
    """Turns notes into records. Feed it everything one engine says, in order; commands are passed over."""

    def __init__(self, host: str = "") -> None:
        self.host = host
        """Our own SIP domain: the host of users."""
        self._open: dict[CallId, _Open] = {}

    def __len__(self) -> int:
        """Calls in progress."""
        return len(self._open)

    def __contains__(self, call: CallId) -> bool:
        """Whether `call` is in progress."""
        return call in self._open

    def in_progress(self) -> list[tuple[ElementVisit, ...]]:
        """Visits so far of each call in progress."""
        return [tuple(found.visits) for found in self._open.values()]

    def fact(self, call: CallId, *, caller_name: str = "", from_host: str = "", to_host: str = "") -> None:
        """Take what the world knows of a call beside the notes; calls not in progress are ignored."""
        found = self._open.get(call)
        if found is not None:
            found.caller_name = caller_name or found.caller_name
            found.from_host = from_host or found.from_host
            found.to_host = to_host or found.to_host

    def take(self, at: Instant, message: Message) -> CallRecord | None:
        """One thing the engine said; the record when it was the end of a call."""
        if isinstance(message, note.CallStarted):
            self._open[message.call] = _Open(at, message)
            return None
        if isinstance(message, note.CallEnded):
            found = self._open.pop(message.call, None)
            if found is None:
                return None
            return self._record(
                found, at, message.cause, message.party, message.talk_us, message.rule, start=message.started_at
            )
        if isinstance(message, _VISITING):
            found = self._open.get(message.call)
            if found is not None:
                _visit(found, at, message)
        return None

    def interrupt(self, at: Instant) -> list[CallRecord]:
        """Close every call in progress: the bridge itself went down at `at`."""
        calls = list(self._open.values())
        self._open.clear()
        return [self._record(found, max(at, found.start), CUT_OFF, Party.US, 0, "") for found in calls]

    def _record(
        self,
        found: _Open,
        at: Instant,
        cause: Cause | BridgeCause,
        party: Party,
        talk_us: Duration,
        rule: str,
        start: Instant | None = None,
    ) -> CallRecord:
        started = found.started
        start = found.start if start is None else start
        if found.visits and found.visits[-1].leave is None:
            last = found.visits[-1]
            found.visits[-1] = msgspec.structs.replace(last, leave=at, rule=rule or last.rule)
        code: AccountCode
        if started.user is not None:
            code = "outbound" if found.left else "local"
        else:
            code = "inbound" if found.answered else "missed"  # a visitor's callback too: they wanted us
        return CallRecord(
            uuid=started.call,
            caller_id_name=found.caller_name,
            caller_id_number=started.caller,
            destination_number=started.called or (f"widget:{started.widget}" if started.widget else ""),
            from_host=found.from_host or (self.host if started.user is not None else ""),
            to_host=found.to_host or ("" if code == "outbound" else self.host),
            start=start,
            end=at,
            duration_us=at - start,
            user_talk_us=talk_us,
            hangup_cause=cause,
            party=party,
            accountcode=code,
            gateway=started.trunk or found.out_trunk,
            flow=started.flow,
            rule=rule,
            events=tuple(found.visits),
            recordings=found.recordings,
        )


_VISITING = (
    note.ElementEntered, note.ElementLeft, note.DecisionMade, note.CallAnswered, note.LegStarted, note.RecordingStarted,
)  # fmt: skip


def _visit(found: _Open, at: Instant, message: Message) -> None:
    if isinstance(message, note.ElementEntered):
        found.visits.append(ElementVisit(element=message.element, kind=message.kind, enter=at))
        return
    if isinstance(message, note.LegStarted):
        if message.trunk is not None:
            found.left = True
            found.out_trunk = message.trunk
        return
    if isinstance(message, note.RecordingStarted):
        found.recordings += (message.recording,)
        return
    if isinstance(message, note.CallAnswered):
        found.answered = True
    last = found.visits[-1] if found.visits else None
    if last is None or last.leave is not None:
        return
    if isinstance(message, note.ElementLeft):
        found.visits[-1] = msgspec.structs.replace(
            last, leave=at, output=message.output, to=message.to, rule=message.rule or last.rule
        )
    elif isinstance(message, note.DecisionMade):
        found.visits[-1] = msgspec.structs.replace(last, rule=message.rule)
    elif isinstance(message, note.CallAnswered) and last.answer is None:
        by = str(message.user) if message.user is not None else message.number or ""
        found.visits[-1] = msgspec.structs.replace(last, answer=at, rule=message.rule or last.rule, by=by)


def records(said: Iterable[tuple[Instant, Message]], host: str = "") -> list[CallRecord]:
    """All calls that ended in a transcript, in the order they ended."""
    history = History(host)
    return [record for at, message in said if (record := history.take(at, message)) is not None]
