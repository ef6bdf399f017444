"""What a live bridge's events add up to: calls in progress, who waits in which queue, members, trunks.

Decides what each event changes. Begins with what the bridge says of itself, goes on with its events; an event told twice
changes nothing the second time. Knows nothing of Panel and of HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from engine.contract.ids import Instant
from engine.loading.load import examine
from engine.state.element import Element
from engine.state.flow import Flow

Event = dict[str, Any]

IN, OUT, PAUSED = "in", "out", "paused"

BUSY = frozenset({"ringing", "talking", "wrap_up", "retry_wait", "away"})
"""States in which somebody has to do with calls, registered or not (R-08.4)."""

COUNTED = frozenset({"CallQueued", "CallAnswered", "CallAbandoned", "CallLeftQueue", "CallRefused", "CallEnded"})
"""Events after which the figures of a queue are others."""


class LiveCall(msgspec.Struct):
    """One call in progress."""

    call: str
    caller: str
    called: str
    trunk: str | None
    user: int | None
    started_at: Instant
    flow: str
    element: int | None = None
    kind: str = ""
    talking_to: str | None = None
    talking_since: Instant | None = None
    held: bool = False
    queue: int | None = None
    """The queue it waits in."""
    queued_at: Instant | None = None
    """When it began to wait; None where that was before anybody looked."""
    ringing: int = 0
    """Members it rings at."""
    version: int | None = None
    """Running number of the version it is on (R-25.6)."""
    version_name: str = ""


class Seat(msgspec.Struct, frozen=True):
    """What a member is in one queue: `in`, `out` or `paused`."""

    state: str = IN
    reason: str = ""
    since: Instant | None = None


class Doing(msgspec.Struct, frozen=True):
    """What somebody does now, since when, and the reason of a pause."""

    state: str
    since: Instant | None = None
    reason: str = ""


class LiveMember(msgspec.Struct):
    """One user as a member."""

    user: int
    name: str = ""
    devices: int = 0
    devices_since: Instant | None = None
    state: str = ""
    since: Instant | None = None
    do_not_disturb: bool = False
    queues: dict[int, Seat] = {}

    def doing(self) -> Doing:
        """What they do, as a whole: paused or signed out only where they are so in every queue, with a device or without."""
        if self.state in BUSY:
            return Doing(self.state, self.since)
        seats = list(self.queues.values())
        kinds = {seat.state for seat in seats}
        for state in (OUT, PAUSED):
            if kinds and kinds <= {OUT, state}:
                of = next(seat for seat in seats if seat.state == state)
                return Doing(state, max(one.since or 0 for one in seats if one.state == state) or None, of.reason)
        if not self.devices:
            return Doing("unreachable", self.devices_since)
        if self.do_not_disturb:
            return Doing("do_not_disturb")
        return Doing("idle", max(self.since or 0, self.devices_since or 0) or None)

    def is_free_in(self, queue: int) -> bool:
        """Whether a call of the queue could ring there now."""
        return self.queues.get(queue, Seat()).state == IN and self.doing().state == "idle"


class LiveState:
    """One bridge, as far as its events tell."""

    def __init__(self) -> None:
        self.run = 0
        self.seq = 0
        self.at: Instant = 0
        """When the last event happened, by the bridge's clock."""
        self.flow: Flow | None = None
        """The live version, for names."""
        self.calls: dict[str, LiveCall] = {}
        self.members: dict[int, LiveMember] = {}
        self.trunks: dict[str, str] = {}
        self._over: set[str] = set()
        self.counts = 0
        """Events so far after which figures of queues are others."""

    def begin(self, run: int, calls: Iterable[Event], users: Iterable[Event], document: str) -> None:
        """What the bridge says of itself; events it told before stay."""
        self.flow, _ = examine(document, "live")
        if run != self.run:
            self.run, self.seq = run, 0
            self.calls, self.members, self.trunks, self._over = {}, {}, {}, set()
        for one in calls:
            if one["call"] not in self.calls and one["call"] not in self._over:
                call = msgspec.convert(one, LiveCall)
                call.queue = call.element if call.kind == "queue" and call.talking_to is None else None
                self.calls[call.call] = call
        for one in users:
            known = self.members.setdefault(one["user"], LiveMember(one["user"]))
            known.name, known.devices, known.devices_since = one["name"], one["devices"], one.get("devices_since")
            known.state, known.do_not_disturb = one.get("state") or known.state, bool(one.get("do_not_disturb"))
            known.since = one.get("since", known.since)
            known.queues = {int(number): msgspec.convert(of, Seat) for number, of in one.get("queues", {}).items()}

    def take(self, event: Event) -> bool:
        """One event; whether it is such that versions or devices must be asked for again."""
        if event["type"] == "hello":
            return False
        if event["seq"] <= self.seq:
            return False
        self.seq, self.at = event["seq"], event["at"]
        kind = event["type"]
        self.counts += kind in COUNTED
        if kind == "CallStarted":
            self._over.discard(event["call"])
            self.calls[event["call"]] = LiveCall(
                event["call"], event.get("caller", ""), event.get("called", ""), event.get("trunk"), event.get("user"),
                event["at"], event.get("flow", ""), version=event.get("version"), version_name=event.get("version_name", ""),
            )  # fmt: skip
        elif kind == "CallEnded":
            self.calls.pop(event["call"], None)
            self._over.add(event["call"])
        elif kind == "MemberChanged":
            self._member(event)
        elif kind == "TrunkChanged":
            self.trunks[event["trunk"]] = event["state"]
        elif kind in ("FlowChanged", "OverrideChanged"):
            return True
        elif (call := self.calls.get(event.get("call") or "")) is not None:
            _CALL.get(kind, _nothing)(call, event)
        return False

    def _member(self, event: Event) -> None:
        member = self.members.setdefault(event["member"], LiveMember(event["member"]))
        if event.get("queue") is None:
            member.state, member.since = event["state"], event["at"]
        else:
            state = IN if event["state"] == "unpaused" else str(event["state"])
            seat = Seat(state, str(event.get("reason", "")), event["at"])
            member.queues = {**member.queues, int(event["queue"]): seat}

    def queues(self) -> list[Element]:
        """The queues of the live version."""
        return [one for one in self.flow.elements.values() if one.is_queue] if self.flow is not None else []

    def groups(self) -> list[Element]:
        """Elements of the live version that ring people together, nobody waiting."""
        if self.flow is None:
            return []
        return [one for one in self.flow.elements.values() if one.members() and not one.is_queue]

    def has_seat(self, user: int, queue: int) -> bool:
        """Whether somebody may be signed out of a queue; a static member is always in it (R-08.4)."""
        found = None if self.flow is None else self.flow.document.elements.get(queue)
        return any(one.user == user and not one.static for one in getattr(found, "members", ()))

    def name(self, number: int | None) -> str:
        """What people call an element or a user: `5200 Sales`."""
        if number is None:
            return ""
        if self.flow is not None and number in self.flow.elements:
            return f"{number} {self.flow.elements[number].name}".strip()
        member = self.members.get(number)
        return f"{number} {member.name}".strip() if member is not None else str(number)


def _entered(call: LiveCall, event: Event) -> None:
    call.element, call.kind, call.talking_to, call.talking_since = event["element"], event["kind"], None, None
    call.queue, call.queued_at, call.ringing = None, None, 0


def _queued(call: LiveCall, event: Event) -> None:
    call.queue, call.queued_at = event["queue"], event["at"]


def _offered(call: LiveCall, event: Event) -> None:
    call.ringing += 1


def _offer_over(call: LiveCall, event: Event) -> None:
    call.ringing = max(0, call.ringing - 1)


def _left(call: LiveCall, event: Event) -> None:
    call.queue, call.queued_at, call.ringing = None, None, 0


def _answered(call: LiveCall, event: Event) -> None:
    _left(call, event)
    user = event.get("user")
    call.talking_to = str(event.get("number") or "") if user is None else str(user)
    call.talking_since = event["at"]


def _held(call: LiveCall, event: Event) -> None:
    call.held = True


def _resumed(call: LiveCall, event: Event) -> None:
    call.held = False


def _nothing(call: LiveCall, event: Event) -> None:
    """An event that changes nothing of what is shown."""


_CALL = {
    "ElementEntered": _entered,
    "CallQueued": _queued,
    "CallOffered": _offered,
    "OfferMissed": _offer_over,
    "OfferWithdrawn": _offer_over,
    "CallAbandoned": _left,
    "CallLeftQueue": _left,
    "CallAnswered": _answered,
    "CallHeld": _held,
    "CallResumed": _resumed,
}
