"""What members did, made from events and notes as they come: signed in, paused, rang, talked, worked on after a call.

Decides which facts of a member's day are kept beside the history of calls, and their values: a row is an event of `EVENTS`, with
a length where it lasts. Only what the engine itself said or heard is here, so nothing has to be inferred from answered calls. No
caller's number is among it. Leaves writing to `journal_store.py`, how long rows are kept to `store.py`, files to
`history_export.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from engine.contract import events as ev
from engine.contract import notes as note
from engine.contract.ids import CallId, Duration, Instant, LegId
from engine.numbers.digits import is_digits
from engine.state.flow import Flow
from live_bridge.store.entries import Write

EVENTS: Final = {
    "started": "the bridge began: nobody is paused, members are in the queues that rows of the same instant name",
    "stopped": "the bridge ended in good order",
    "reachable": "the first phone of the member registered",
    "unreachable": "the last phone of the member is gone",
    "dnd": "do not disturb was switched on",
    "dnd_over": "do not disturb was switched off",
    "in": "signed in to `queue`",
    "out": "signed out of `queue`",
    "paused": "takes no calls of `queue`, for `reason`",
    "unpaused": "takes calls of `queue` again",
    "answered": "`call` rang from `at` for `lasted` and was answered",
    "missed": "`call` rang from `at` for `lasted` and was not, as `reason` says",
    "talked": "talked in `call` from `at` for `lasted`",
    "wrap_up": "worked after a call from `at` for `lasted`",
    "retry_wait": "was left alone after a missed call from `at` for `lasted`",
    "away": "was in a call of their own from `at` for `lasted`",
    "transferred": "sent the other party of `call` on, to the internal number in `reason` or `outside`",
}
"""Every event and what its row says."""

_LASTING: Final = ("wrap_up", "retry_wait", "away")
_SEATS: Final = ("in", "out", "paused", "unpaused")


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One row: an instant and a member (0 for the bridge itself), what it is, and what belongs to it."""

    at: Instant
    member: int
    event: str
    queue: int | None = None
    reason: str = ""
    call: CallId = ""
    lasted: Duration | None = None


Seats = Callable[[str], Mapping[int, Sequence[int]]]
"""Queues of each member in a version, by its digest."""


def no_seats(_digest: str) -> Mapping[int, Sequence[int]]:
    """Of a version that nobody knows."""
    return {}


def seats_of(flow: Flow) -> dict[int, list[int]]:
    """Queues by member, in the order of the document."""
    found: dict[int, list[int]] = {}
    for number, element in flow.elements.items():
        if element.kind == "queue":
            for member in element.members():
                found.setdefault(int(member), []).append(number)
    return found


class MemberBook:
    """Turns one run's events and notes into rows. In the thread that owns the calls."""

    def __init__(self, pbx: str, seats: Seats) -> None:
        self._pbx = pbx
        self._seats = seats
        self._told: set[tuple[int, int]] = set()
        """Members and queues that stand in rows already."""
        self._devices: dict[int, set[str]] = {}
        self._silent: set[int] = set()
        """Members who are not to be disturbed."""
        self._state: dict[int, tuple[str, Instant]] = {}
        self._worked_for: dict[int, int] = {}
        """The queue of a member's last answered offer, whose wrap-up follows."""
        self._offers: dict[LegId, tuple[Instant, int, int]] = {}
        """Instant, queue and member of offers that ring."""
        self._legs: dict[LegId, tuple[int, int | None, CallId, Instant | None]] = {}
        """Member, queue, call and instant of the answer of legs to members."""

    def begin(self, at: Instant, flow: str) -> list[Write]:
        """The bridge starts with the version `flow`, in which members have seats in queues and are signed in (R-08.4)."""
        return self._writes([Activity(at=at, member=0, event="started", reason=flow), *self._seated(at, flow)])

    def _seated(self, at: Instant, flow: str) -> list[Activity]:
        """Members of queues of a version who were in none of the versions before."""
        rows = []
        for member, queues in sorted(self._seats(flow).items()):
            for queue in queues:
                if (member, queue) not in self._told:
                    self._told.add((member, queue))
                    rows.append(Activity(at=at, member=member, event="in", queue=queue))
        return rows

    def end(self, at: Instant) -> list[Write]:
        """The bridge stops."""
        return self._writes([Activity(at=at, member=0, event="stopped")])

    def take_event(self, at: Instant, event: ev.Event) -> list[Write]:
        """What an outside event tells of members' phones and of new seats: the engine says nothing of them."""
        if isinstance(event, ev.FlowPromoted):
            return self._writes(self._seated(at, event.flow))
        if isinstance(event, ev.DeviceRegistered):
            devices = self._devices.setdefault(event.user, set())
            first = not devices
            devices.add(event.device)
            return self._writes([Activity(at=at, member=event.user, event="reachable")] if first else [])
        if isinstance(event, ev.DeviceUnregistered):
            devices = self._devices.setdefault(event.user, set())
            last = devices == {event.device}
            devices.discard(event.device)
            return self._writes([Activity(at=at, member=event.user, event="unreachable")] if last else [])
        if isinstance(event, ev.DoNotDisturbSet) and event.on != (event.user in self._silent):
            (self._silent.add if event.on else self._silent.discard)(event.user)
            return self._writes([Activity(at=at, member=event.user, event="dnd" if event.on else "dnd_over")])
        return []

    def take_note(self, at: Instant, message: note.Note) -> list[Write]:
        """What one note tells of a member."""
        return self._writes(self._rows(at, message))

    def _rows(self, at: Instant, message: note.Note) -> list[Activity]:
        if isinstance(message, note.MemberChanged):
            return self._changed(at, message)
        if isinstance(message, note.CallOffered):
            self._offers[message.leg] = (at, message.queue, message.member)
        elif isinstance(message, note.LegStarted):
            if message.user is not None:
                self._legs[message.leg] = (message.user, None, message.call, None)
        elif isinstance(message, note.OfferMissed):
            self._offers.pop(message.leg, None)
            begun = at - message.ring_us
            return [
                Activity(
                    at=begun, member=message.member, event="missed", queue=message.queue, reason=str(message.cause),
                    call=message.call, lasted=message.ring_us,
                )
            ]  # fmt: skip
        elif isinstance(message, note.OfferWithdrawn):
            self._offers.pop(message.leg, None)
        elif isinstance(message, note.CallAnswered):
            return self._answered(at, message)
        elif isinstance(message, note.LegFinished):
            self._offers.pop(message.leg, None)
            member, queue, call, answered = self._legs.pop(message.leg, (0, None, "", None))
            if answered is not None:
                length = message.talk_us or at - answered
                return [Activity(at=answered, member=member, event="talked", queue=queue, call=call, lasted=length)]
        elif isinstance(message, note.CallTransferred):
            member = self._legs.get(message.leg or "", (0, None, "", None))[0]
            inside = message.to if is_digits(message.to) and len(message.to) <= 4 else "outside"
            return [Activity(at=at, member=member, event="transferred", reason=inside, call=message.call)]
        return []

    def _answered(self, at: Instant, message: note.CallAnswered) -> list[Activity]:
        offered = self._offers.pop(message.leg, None)
        member = message.user if message.user is not None else (offered[2] if offered is not None else None)
        if member is None:
            return []
        queue = None if offered is None else offered[1]
        self._legs[message.leg] = (member, queue, message.call, at)
        if offered is None:
            return []
        self._worked_for[member] = offered[1]
        rang = at - offered[0]
        return [Activity(at=offered[0], member=member, event="answered", queue=queue, call=message.call, lasted=rang)]

    def _changed(self, at: Instant, message: note.MemberChanged) -> list[Activity]:
        if message.queue is not None:
            if message.state not in _SEATS:
                return []
            return [
                Activity(at=at, member=message.member, event=message.state, queue=message.queue, reason=message.reason)
            ]
        before, since = self._state.get(message.member, ("", at))
        self._state[message.member] = (message.state, at)
        if before not in _LASTING:
            return []
        queue = self._worked_for.get(message.member) if before == "wrap_up" else None
        return [Activity(at=since, member=message.member, event=before, queue=queue, lasted=at - since)]

    def _writes(self, rows: Sequence[Activity]) -> list[Write]:
        return [("member_activity", (self._pbx, *msgspec.structs.astuple(row))) for row in rows]
